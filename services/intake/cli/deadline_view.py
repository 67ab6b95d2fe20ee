"""How a deadline and a year of a unit's calendar look in a terminal, with or without colours."""

from calendar import Calendar as Weeks
from collections.abc import Callable, Iterable
from datetime import date, datetime

from rich.columns import Columns
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from services.intake.explaining import Explanation, Mark, MarkedDay, remaining
from services.worktime.calendar import Calendar, Hours
from services.worktime.clock import written
from services.worktime.deadline import Deadline
from services.worktime.steps import duration

_WEEKDAYS_VI = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật")
_WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SHORT_EN = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_SHORT = ("T2", "T3", "T4", "T5", "T6", "T7", "CN")
# Sign and style of a day: the sign says the same where there are no colours.
_LOOKS = {
    Mark.ACCEPTED: ("▸", "bold cyan"),
    Mark.COUNTED: ("✓", "green"),
    Mark.DUE: ("■", "bold reverse"),
    Mark.WORKING: (" ", ""),
    Mark.WEEKEND: (" ", "dim"),
    Mark.HOLIDAY: ("×", "red"),
}
_SWAPPED = "+"
_KINDS = {
    "accepted": "cyan",
    "restarted": "cyan",
    "day_off": "red",
    "swapped": "yellow",
    "own_hours": "yellow",
    "working_day": "green",
    "hours": "green",
    "due": "bold",
}


def both(vi: str, en: str, lang: str | None) -> str:
    """The text in one language, or in both."""
    return vi if lang == "vi" else en if lang == "en" else f"{vi} / {en}"


def instant(at: datetime, lang: str | None = None) -> str:
    """An instant with its weekday, as people of the language write it; in both, the Vietnamese one."""
    if lang == "en":
        return f"{_WEEKDAYS_EN[at.weekday()]} {written(at, lang)}"
    return f"{_WEEKDAYS_VI[at.weekday()]}, {written(at)}"


def day_text(day: date, lang: str | None = None) -> str:
    """A day with its weekday."""
    if lang == "en":
        return f"{_WEEKDAYS_EN[day.weekday()]} {day:%Y-%m-%d}"
    return f"{_WEEKDAYS_VI[day.weekday()]} {day:%d/%m/%Y}"


def show_explanation(found: Explanation, console: Console, lang: str | None, *, picture: bool) -> None:
    """The due instant first, then why, then the picture."""
    procedure = found.procedure
    _line(console, f"[bold]{procedure.code}[/] ", procedure.name, f" — {found.unit_name} ({found.unit})")
    _line(console, "", both(*found.limit.words(), lang))
    console.print()
    due = found.by_law.due_at
    title = both("Hạn trả kết quả", "due", lang)
    console.print(f"{title}: [bold reverse] {instant(due, lang)} [/]", highlight=False)
    if found.left is not None and found.now is not None:
        style = "red" if found.left.total_seconds() < 0 else "green"
        vi, en = remaining(found.left)
        asked = both("lúc", "at", lang)
        console.print(f"[{style}]{both(vi, en, lang)}[/] [dim]({asked} {instant(found.now, lang)})[/]", highlight=False)
    for vi, en in found.warnings:
        _line(console, "[yellow]![/] ", both(vi, en, lang))
    if found.restarted:
        _steps(found.restarted, both("Tính lại từ đầu (luật)", "clock restarted (the law)", lang), console, lang)
        _steps(found.deadline, both("Hạn ban đầu", "before the supplement", lang), console, lang)
    else:
        _steps(found.deadline, both("Cách tính", "how it is counted", lang), console, lang)
    if found.paused:
        title = both("Trừ thời gian bổ sung (Bộ chỉ số 766)", "clock paused (index of Decision 766)", lang)
        _steps(found.paused, title, console, lang)
    if picture:
        console.print()
        show_days(found.days, console, lang)
        _legend(console, lang, (Mark.ACCEPTED, Mark.COUNTED, Mark.DUE, Mark.HOLIDAY))


def show_days(days: Iterable[MarkedDay], console: Console, lang: str | None) -> None:
    """Months beside each other, each day with its mark."""
    by_day = {each.day: each for each in days}
    months = sorted({(day.year, day.month) for day in by_day})
    _months(months, lambda day: _marked(by_day[day]), console, lang)


def show_year(name: str, calendar: Calendar, year: int, console: Console, lang: str | None) -> None:
    """A year of a unit: its months, hours, days off and days worked out of turn, and how much work there is in it."""
    console.print(f"[bold]{name}[/] — {year} [dim]({calendar.version})[/]", highlight=False)
    for weekday, hours in enumerate(calendar.week):
        label = both(_WEEKDAYS_VI[weekday], _WEEKDAYS_EN[weekday], lang)
        console.print(f"  {label:<15} {hours_text(hours, lang)}", highlight=False)
    console.print()
    _months([(year, month) for month in range(1, 13)], lambda day: _marked(_of_year(day, calendar)), console, lang)
    _legend(console, lang, (Mark.HOLIDAY,))
    table = Table(box=None, pad_edge=False, show_header=False)
    for day, exception in sorted(calendar.exceptions.items()):
        if day.year == year:
            note = _note(exception.note_vi, exception.note_en, lang)
            source = Text(exception.source, "dim")
            table.add_row(day_text(day, lang), hours_text(exception.hours, lang), note, source)
    console.print()
    console.print(table)
    days, working = _work_of(calendar, year)
    vi, en = f"{days} ngày làm việc, {working[0]}", f"{days} working days, {working[1]}"
    console.print(both(vi, en, lang), highlight=False)


def hours_text(hours: Hours, lang: str | None) -> str:
    """Hours as they are written in `calendars.toml`."""
    return ", ".join(f"{each.start:%H:%M}-{each.end:%H:%M}" for each in hours) or both("nghỉ", "off", lang)


def _work_of(calendar: Calendar, year: int) -> tuple[int, tuple[str, str]]:
    first, last = date(year - 1, 12, 31), date(year, 12, 31)
    ends = [calendar.subtract_working_days(date(each.year + 1, 1, 1), 1) for each in (first, last)]
    working = calendar.working_time_between(*(calendar.close_of(each) for each in ends))
    return calendar.working_days_between(first, last), duration(working)


def _steps(deadline: Deadline, title: str, console: Console, lang: str | None) -> None:
    console.print()
    versions = f"{deadline.rule_version}, {deadline.calendar_version}"
    console.print(f"[bold]{title}[/] [dim]({versions})[/]", highlight=False)
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    for step in deadline.steps:
        style = _KINDS.get(step.kind, "")
        note = _note(step.note_vi, step.note_en, lang, style)
        at = written(step.at, lang)
        if step.kind in {"day_off", "swapped", "own_hours"}:
            at = f"{step.at:%Y-%m-%d}" if lang == "en" else f"{step.at:%d/%m/%Y}".rjust(len(at))
        table.add_row(Text(_short(lang)[step.at.weekday()], "dim"), at, note, Text(step.article, "dim"))
    console.print(Padding(table, (0, 0, 0, 2)))


def _note(vi: str, en: str, lang: str | None, style: str = "") -> Text:
    note = Text(en if lang == "en" else vi, style)
    return note.append(f"\n{en}", "dim not bold") if lang is None else note


def _short(lang: str | None) -> tuple[str, ...]:
    return _SHORT_EN if lang == "en" else _SHORT


def _months(months: list[tuple[int, int]], cell: Callable[[date], Text], console: Console, lang: str | None) -> None:
    grids: list[RenderableType] = [_month(year, month, cell, lang) for year, month in months]
    console.print(Columns(grids, padding=(1, 4)))


def _month(year: int, month: int, cell: Callable[[date], Text], lang: str | None) -> Table:
    grid = Table(title=f"{month:02}/{year}", box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    for weekday in _short(lang):
        grid.add_column(weekday, justify="right", width=3, no_wrap=True)
    for week in Weeks().monthdatescalendar(year, month):
        grid.add_row(*(cell(day) if day.month == month else Text() for day in week))
    return grid


def _marked(each: MarkedDay) -> Text:
    sign, style = _LOOKS[each.mark]
    if each.swapped and each.mark is Mark.WORKING:
        sign, style = _SWAPPED, "yellow"
    return Text(f"{sign}{each.day.day}".rjust(3), style)


def _of_year(day: date, calendar: Calendar) -> MarkedDay:
    works, exception = calendar.is_working_day(day), calendar.exceptions.get(day)
    mark = Mark.WORKING if works else Mark.HOLIDAY if exception else Mark.WEEKEND
    return MarkedDay(day, mark, works and exception is not None)


def _legend(console: Console, lang: str | None, marks: tuple[Mark, ...]) -> None:
    words = {
        Mark.ACCEPTED: ("bắt đầu", "start"),
        Mark.COUNTED: ("được tính", "counted"),
        Mark.DUE: ("hạn", "due"),
        Mark.HOLIDAY: ("nghỉ lễ, hoán đổi", "holiday, swapped off"),
    }
    parts = [f"[{_LOOKS[mark][1]}]{_LOOKS[mark][0]}[/] {both(*words[mark], lang)}" for mark in marks]
    parts.append(f"[yellow]{_SWAPPED}[/] {both('làm bù, giờ riêng', 'worked in exchange, own hours', lang)}")
    console.print("   ".join(parts), style="dim", highlight=False)


def _line(console: Console, markup: str, *texts: str) -> None:
    """A line that begins with markup; what follows is data, and may hold brackets."""
    line = Text.from_markup(markup)
    for text in texts:
        line.append(text)
    console.print(line, highlight=False, soft_wrap=True)
