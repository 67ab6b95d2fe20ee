"""What is said of a row of a log that was taken over all the same, in words that name nobody. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from contracts.intake.commands.cases import LikeCase
from contracts.intake.commands.importing import ImportRemark
from services.worktime.clock import ZONE


@dataclass(frozen=True, slots=True)
class Remark:
    """A code, in both languages what it means here, and the cases that it is about."""

    code: ImportRemark
    vi: str
    en: str
    like: Sequence[LikeCase] = ()


OWNED: Final = "Ghi người nộp theo sổ nhập / the applicant as a log tells"
"""Why a case is amended that nobody had said whose it is."""

OTHER: Final = Remark(
    ImportRemark.OTHER_APPLICANT,
    "Hồ sơ đã ghi một người nộp khác; giữ người đã ghi. Hãy đối chiếu với giấy tờ, rồi đính chính nếu cần.",
    "The case has another applicant on record, who is kept. Compare with the papers, and correct it if need be.",
)
ERASED: Final = Remark(
    ImportRemark.APPLICANT_ERASED,
    "Dữ liệu người nộp của hồ sơ này đã bị xóa theo yêu cầu; thông tin trong dòng không được ghi lại.",
    "The applicant's data of this case was erased on request; what the row tells of them was not recorded again.",
)


def may_be_same(like: Sequence[LikeCase], window: timedelta) -> Remark:
    """The case may be the same as these."""
    vi, en = (
        ", ".join(
            f"{other.case_code or other.case_id} ({word} {other.submitted_at.astimezone(ZONE):{form}})"
            for other in like
        )
        for word, form in (("nộp", "%d/%m/%Y"), ("submitted", "%Y-%m-%d"))
    )
    return Remark(
        ImportRemark.POSSIBLE_DUPLICATE,
        f"Có thể trùng với hồ sơ {vi}: cùng người nộp, thủ tục và đơn vị tiếp nhận, cách nhau không quá "
        f"{window.days} ngày.",
        f"May be the same as {en}: same applicant, procedure and receiving unit, at most {window.days} days apart.",
        like,
    )
