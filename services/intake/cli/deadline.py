"""`tiepsuc deadline`: when a case is due and why, and a unit's calendar, from the data files alone."""

import json
import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.table import Table

from services.chassis.command_group import Group
from services.intake.cli.deadline_view import both, show_explanation, show_year
from services.intake.data_files import shipped_text
from services.intake.domain.reference_documents import FORMS
from services.intake.domain.tables import Fault
from services.intake.explaining import explain
from services.intake.reference import BadData, Reference
from services.worktime.calendar import Calendar
from services.worktime.clock import ZONE, SystemClock

_FILES = tuple(form.file for form in FORMS.values())
_YEARS = range(2000, 2200)
_Command = TypeVar("_Command", bound=Callable[..., Any])


class Instant(click.ParamType[datetime]):
    """ISO 8601 with date and time; without a zone it is Vietnam's time."""

    name = "INSTANT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            found = datetime.fromisoformat(value)
            if not any(mark in value for mark in "T "):
                raise ValueError("no time of day")
            if found.year not in _YEARS:
                raise ValueError("year")
        except ValueError:
            self.fail(
                f"“{value}” không phải thời điểm, ví dụ 2025-08-29T16:20+07:00 / "
                f"is no instant such as 2025-08-29T16:20+07:00 ({_YEARS[0]}–{_YEARS[-1]})",
                param,
                ctx,
            )
        return found if found.tzinfo else found.replace(tzinfo=ZONE)


class _Now(Instant):
    """An instant, or the word `now`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        return SystemClock().now() if value == "now" else super().convert(value, param, ctx)


def _common(command: _Command) -> _Command:
    """The options that all parts share."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="In JSON / print JSON"),
        click.option(
            "--lang", type=click.Choice(["vi", "en"]), envvar="TIEPSUC_LANG", help="Một ngôn ngữ / one language only"
        ),
        click.option(
            "--data",
            type=click.Path(exists=True, file_okay=False, path_type=Path),
            help=f"Thư mục dữ liệu đã sửa / a folder with edited {', '.join(_FILES)}; those not there are as shipped",
        ),
    ):
        command = option(command)
    return command


@click.group(cls=Group)
def deadline() -> None:
    """Hạn trả kết quả: cách tính, lịch làm việc / when a case is due and why; no stack is needed."""


@deadline.command("explain")
@click.option("--procedure", required=True, metavar="CODE", help="Mã thủ tục / the procedure, such as 1.004222")
@click.option("--unit", required=True, metavar="CODE", help="Đơn vị giải quyết / the deciding unit, such as 31570")
@click.option("--accepted", required=True, type=Instant(), help="Lúc tiếp nhận / when the complete case was accepted")
@click.option("--supplement-from", type=Instant(), help="Lúc yêu cầu bổ sung / when a supplement was asked for")
@click.option("--supplement-to", type=Instant(), help="Lúc bổ sung đủ / when it was complete")
@click.option(
    "--now", is_flag=False, flag_value="now", type=_Now(), help="Còn bao lâu / how much is left, now or at an INSTANT"
)
@click.option("--picture/--no-picture", default=True, help="Vẽ lịch / draw the months")
@_common
def explain_deadline(
    data: Path | None, lang: str | None, as_json: bool, picture: bool, now: datetime | None, **case: Any
) -> None:
    """Hạn trả kết quả của một hồ sơ, từng bước, kèm điều luật / when a case is due, step by step, with the articles.

    \b
    tiepsuc deadline explain --procedure 1.004222 --unit 31570 --accepted 2025-08-29T16:20+07:00
    """
    reference = load(data)
    _check_procedure(reference, case["procedure"])
    _check_unit(reference, case["unit"])
    supplement = _supplement(case["accepted"], case["supplement_from"], case["supplement_to"])
    found = explain(reference, case["procedure"], case["unit"], case["accepted"], supplement, now)
    if as_json:
        click.echo(json.dumps(found.as_dict(), ensure_ascii=False, indent=1))
    else:
        show_explanation(found, Console(), lang, picture=picture)


def _supplement(accepted: datetime, start: datetime | None, end: datetime | None) -> tuple[datetime, datetime] | None:
    if start is None and end is None:
        return None
    if start is None or end is None:
        missing = "--supplement-from" if start is None else "--supplement-to"
        raise _wrong(missing, "còn thiếu", "is missing: a supplement has two ends")
    if start < accepted:
        raise _wrong("--supplement-from", "trước lúc tiếp nhận", "before the case was accepted")
    if end < start:
        raise _wrong("--supplement-to", "trước lúc yêu cầu", "before --supplement-from")
    return start, end


@deadline.command("calendar")
@click.option("--unit", required=True, metavar="CODE", help="Đơn vị / the unit, such as 31570")
@click.option(
    "--year", type=click.IntRange(_YEARS[0], _YEARS[-1]), help="Năm (năm nay nếu bỏ trống) / this year if left out"
)
@_common
def show_calendar(unit: str, year: int | None, data: Path | None, lang: str | None, as_json: bool) -> None:
    """Lịch làm việc một năm của một đơn vị / a unit's working days, days off and hours in a year."""
    reference = load(data)
    _check_unit(reference, unit)
    calendar, name = reference.calendar_of(unit), reference.unit_by_code[unit].name
    year = year or SystemClock().now().year
    first, last = reference.calendars.covered
    if not as_json:
        show_year(f"{name} ({unit})", calendar, year, Console(), lang)
        if not first.year <= year <= last.year:
            vi = f"Lịch nghỉ chỉ có từ {first.year} đến {last.year}."
            click.echo(both(vi, f"National days off are known from {first.year} to {last.year} only.", lang))
        return
    ordinals = range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal())
    days = [_day(date.fromordinal(number), calendar) for number in ordinals]
    known = first.year <= year <= last.year
    answer = {"unit": unit, "unit_name": name, "version": calendar.version, "year": year, "known": known, "days": days}
    click.echo(json.dumps(answer, ensure_ascii=False, indent=1))


def _day(day: date, calendar: Calendar) -> dict[str, Any]:
    exception = calendar.exceptions.get(day)
    return {
        "day": day.isoformat(),
        "hours": [[f"{each.start:%H:%M}", f"{each.end:%H:%M}"] for each in calendar.hours_on(day)],
        "vi": exception.note_vi if exception else "",
        "en": exception.note_en if exception else "",
        "reason": exception.reason if exception else None,
        "source": exception.source if exception else "",
    }


@deadline.command("find")
@click.argument("text", nargs=-1, required=True)
@_common
def find(text: tuple[str, ...], data: Path | None, lang: str | None, as_json: bool) -> None:
    """Tìm mã thủ tục, đơn vị theo tên, không cần dấu / find the code of a procedure or unit by its name."""
    reference = load(data)
    words = _plain(" ".join(text)).split()
    procedures = [each for each in reference.procedure_by_code.values() if _holds(words, each.code, each.name)]
    units = [each for each in reference.unit_by_code.values() if _holds(words, each.code, each.name)]
    if as_json:
        found = {
            "procedures": [{"code": each.code, "name": each.name} for each in procedures],
            "units": [{"code": each.code, "name": each.name, "province": each.province} for each in units],
        }
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    if not procedures and not units:
        raise click.ClickException(f"Không tìm thấy / nothing found: {' '.join(text)}")
    table = Table(box=None, pad_edge=False, show_header=False)
    for each in procedures:
        table.add_row(each.code, each.name, both(*each.limit.words(), lang) if each.limit else "?")
    for unit in units:
        table.add_row(unit.code, unit.name, reference.unit_by_code[unit.province].name)
    Console().print(table)


def load(folder: Path | None) -> Reference:
    """The shipped data; the files in a folder take the place of those of the same name. Told in words: bad data."""
    if folder is not None and not any((folder / name).exists() for name in _FILES):
        raise _wrong("--data", f"không có tệp nào trong {folder}", f"{folder} holds none of {', '.join(_FILES)}")

    def text_of(name: str) -> str:
        file = folder / name if folder else None
        if file is None or not file.exists():
            return shipped_text(name)
        try:
            return file.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            told = f"byte {error.start} is no UTF-8"
            raise BadData([Fault(str(file), 0, "", told, told)]) from error

    try:
        return Reference.shipped(text_of)
    except BadData as error:
        where = f" (--data {folder})" if folder else ""
        raise click.ClickException(f"Dữ liệu sai / wrong data{where}: {error}") from error


def _check_procedure(reference: Reference, code: str) -> None:
    if code not in reference.procedure_by_code:
        names = {each.code: each.name for each in reference.procedure_by_code.values()}
        raise _unknown("--procedure", "thủ tục", "procedure", code, names)


def _check_unit(reference: Reference, code: str) -> None:
    if code not in reference.unit_by_code:
        raise _unknown(
            "--unit", "đơn vị", "unit", code, {each.code: each.name for each in reference.unit_by_code.values()}
        )


def _unknown(option: str, vi: str, en: str, code: str, names: dict[str, str]) -> click.UsageError:
    near = get_close_matches(code, names, n=3, cutoff=0.75)
    maybe = "; gần giống / similar: " + ", ".join(f"{each} {names[each]}" for each in near) if near else ""
    return _wrong(
        option,
        f"không có {vi} mã “{code}”",
        f"there is no {en} “{code}”{maybe}.\nTìm theo tên / find it by name: tiepsuc deadline find …",
    )


def _wrong(option: str, vi: str, en: str) -> click.UsageError:
    return click.UsageError(f"{option}: {vi} / {en}", click.get_current_context())


def _plain(text: str) -> str:
    """Without marks and case: people type names as their keyboard lets them."""
    letters = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return "".join(each for each in letters if not unicodedata.combining(each))


def _holds(words: list[str], *texts: str) -> bool:
    plain = _plain(" ".join(texts))
    return all(word in plain for word in words)
