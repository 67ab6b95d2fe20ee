"""What handlers of several topics do alike."""

from datetime import date, datetime

from contracts.refusals import CommonRefusal, Refused, refuse
from services.worktime.clock import span


def not_found(vi: str, en: str, field: str) -> Refused:
    """The refusal of what is not there."""
    return refuse(CommonRefusal.NOT_FOUND, f"Không có {vi} này.", f"There is no such {en}.", field=field)


def exists_already(vi: str, en: str, field: str) -> Refused:
    """The refusal of an id that was used before."""
    return refuse(
        CommonRefusal.VERSION_CONFLICT,
        f"Đã có {vi} với mã này; hãy gửi lại với mã mới.",
        f"There is a {en} with this id; send it with a new one.",
        field=field,
    )


def check_version(expected: int | None, version: int) -> None:
    """Refused: it was decided on another version than the one there is. `expected` None: on whatever there is."""
    if expected is not None and expected != version:
        raise refuse(
            CommonRefusal.VERSION_CONFLICT,
            "Vừa có người khác thay đổi; hãy xem lại rồi gửi lại.",
            "Somebody changed it meanwhile; look at it again, then send again.",
            field="expected_version",
            version=version,
        )


def window(first: date, last: date) -> tuple[datetime, datetime]:
    """The instants from the start of the first day to the end of the last, that excluded. Refused: out of order."""
    if last < first:
        raise refuse(
            CommonRefusal.INVALID,
            "last_day trước first_day; hãy đổi lại.",
            "last_day is before first_day; change them.",
            field="last_day",
        )
    return span(first, last)
