"""The steps from acceptance to a due instant, in words: they tell what the arithmetic found, and decide nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import takewhile

from services.worktime.calendar import Calendar, Reason
from services.worktime.clock import ZONE, written
from services.worktime.limits import DeadlineRules, ProcessingTime, Unit

_DECREE = "NĐ 118/2025 Đ{}"
_CLOCK_STARTS = _DECREE.format("17.3")
_NO_RECEIPT = _DECREE.format("17.4")
_AFTER_CUTOFF = _DECREE.format("18.2")
_RESTART = _DECREE.format("19.5")
_EXTENSION = _DECREE.format("19.6")
_FIRST_DAY = "BLDS 2015 Đ147.2"
_LAST_DAY_OFF = "BLDS 2015 Đ148.5"
_PAUSE = "QĐ 766/QĐ-TTg mục 2.1"
_DAYS_OFF = {Reason.HOLIDAY: "BLLĐ 2019 Đ112", Reason.SUBSTITUTE: "BLLĐ 2019 Đ111.3"}


@dataclass(frozen=True, slots=True)
class Step:
    """One step towards the due instant; `article` is empty where it rests on the unit's own calendar only."""

    kind: str
    at: datetime
    note_vi: str
    note_en: str
    article: str


def steps_to(
    due: datetime, at: datetime, limit: ProcessingTime, calendar: Calendar, rules: DeadlineRules, *, restarted: bool
) -> tuple[Step, ...]:
    """From the (local) instant of acceptance, or of the completed supplement, to the due instant."""
    if restarted:
        vi, en = "Đã bổ sung đầy đủ: tính lại thời hạn từ đầu", "The supplement is complete: the limit counts anew"
        first = Step("restarted", at, vi, en, _RESTART)
    else:
        vi, en = "Tiếp nhận hồ sơ đầy đủ, hợp lệ", "The complete, valid case is accepted"
        first = Step("accepted", at, vi, en, _CLOCK_STARTS)
    vi, en = limit.words()
    last = Step("due", due, f"Hạn trả kết quả ({vi})", f"The result is due ({en})", _CLOCK_STARTS)
    between = tuple(_between(due, at, limit, calendar, rules))
    if limit.unit in {Unit.WORKING_DAYS, Unit.CALENDAR_DAYS}:
        between = (_first_day_not_counted(at, restarted=restarted), *between)
    return (first, *between, last)


def steps_of_pauses(
    due: datetime, pauses: Sequence[tuple[datetime, datetime, timedelta]], moved: datetime
) -> tuple[Step, ...]:
    """Each pause with the working time in it, and where that moves the due instant."""
    steps = [Step("due_before", due, "Hạn ban đầu", "The original due instant", "")]
    for start, end, amount in pauses:
        vi, en = duration(amount)
        steps.append(
            Step(
                "paused",
                end,
                f"Chờ bổ sung từ {written(start)}: không tính {vi} làm việc",
                f"Awaiting the supplement from {written(start, 'en')}: {en} of working time not counted",
                _PAUSE,
            )
        )
    steps.append(
        Step("due", moved, "Hạn sau khi trừ thời gian bổ sung", "Due, less the time of the supplement", _PAUSE)
    )
    return tuple(steps)


def payment(since: datetime, until: datetime, calendar: Calendar) -> Step:
    """A payment was waited for off the clock."""
    vi, en = duration(calendar.working_time_between(since, until))
    return Step(
        "paused",
        until,
        f"Chờ nộp tiền từ {written(since)}: không tính {vi} làm việc",
        f"Awaiting the payment from {written(since, 'en')}: {en} of working time not counted",
        "",
    )


def due_after_payment(at: datetime) -> Step:
    """Where payments off the clock moved the due instant."""
    return Step("due", at, "Hạn sau khi trừ thời gian chờ nộp tiền", "Due, less the time of the payment", "")


def extension(at: datetime) -> Step:
    """An apology was sent."""
    vi, en = "Xin lỗi và hẹn lại ngày trả: thay cho hạn trước", "Apology with a new date, in place of the one before"
    return Step("extended", at, vi, en, _EXTENSION)


def due_by_extension(at: datetime) -> Step:
    """The new date of an apology."""
    return Step("due", at, "Hạn trả kết quả theo lần hẹn lại", "The result is due by the new date", _EXTENSION)


def due_as_told(at: datetime) -> Step:
    """A due instant that today's data do not give any more, and that stands."""
    return Step("due", at, "Hạn đã báo, giữ nguyên", "Due as it was told, which stands", "")


def duration(amount: timedelta) -> tuple[str, str]:
    """An amount of working time in hours and minutes, in both languages; what is under a minute is left out."""
    minutes = int(amount.total_seconds()) // 60
    hours, rest = divmod(minutes, 60)
    vi = [f"{hours} giờ"] * bool(hours) + [f"{rest} phút"] * bool(rest or not hours)
    en = [f"{hours} h"] * bool(hours) + [f"{rest} min"] * bool(rest or not hours)
    return " ".join(vi), " ".join(en)


def _between(
    due: datetime, at: datetime, limit: ProcessingTime, calendar: Calendar, rules: DeadlineRules
) -> Iterator[Step]:
    match limit.unit:
        case Unit.WORKING_HOURS:
            yield from _working_hours(due, at, calendar)
        case Unit.WORKING_DAYS:
            yield from _working_days(due, at, calendar)
        case Unit.CALENDAR_DAYS:
            yield from _moved(at.date() + timedelta(days=limit.amount), due, calendar)
        case Unit.SAME_DAY:
            yield from _same_day(due, at, calendar, rules)
        case Unit.IMMEDIATE:
            yield from _immediate(due, at, calendar)
        case Unit.SEASON:
            yield from _season(due, at, limit, calendar)


def _first_day_not_counted(at: datetime, *, restarted: bool) -> Step:
    vi, en = ("bổ sung đủ", "completion") if restarted else ("tiếp nhận", "acceptance")
    return Step("first_day", at, f"Ngày {vi} không tính", f"The day of {en} is not counted", _FIRST_DAY)


def _working_days(due: datetime, at: datetime, calendar: Calendar) -> Iterator[Step]:
    number = 0
    for day in _days(at.date() + timedelta(days=1), due.date()):
        yield from _exception(day, calendar)
        if calendar.is_working_day(day):
            number += 1
            vi, en = f"Ngày làm việc thứ {number}: {day:%d/%m/%Y}", f"Working day {number}: {day.isoformat()}"
            yield Step("working_day", calendar.close_of(day), vi, en, "")


def _working_hours(due: datetime, at: datetime, calendar: Calendar) -> Iterator[Step]:
    opening = calendar.opening_at_or_after(at)
    if opening != at:
        yield from _days_off(at.date(), opening.date(), calendar)
        yield Step("opening", opening, "Ngoài giờ làm việc: tính từ giờ mở cửa", "Out of hours: from the opening", "")
    total = timedelta()
    for day in _days(opening.date(), due.date()):
        if day != opening.date() or calendar.is_working_day(day):
            yield from _exception(day, calendar)
        if not calendar.is_working_day(day):
            continue
        ends = min(due, calendar.close_of(day))
        amount = calendar.working_time_between(max(opening, calendar.open_of(day)), ends)
        total += amount
        (vi, en), (sum_vi, sum_en) = duration(amount), duration(total)
        yield Step(
            "hours",
            ends,
            f"Giờ làm việc {day:%d/%m/%Y}: {vi}, cộng dồn {sum_vi}",
            f"Working hours of {day.isoformat()}: {en}, {sum_en} so far",
            "",
        )


def _same_day(due: datetime, at: datetime, calendar: Calendar, rules: DeadlineRules) -> Iterator[Step]:
    day = at.date()
    if due.date() == day:
        return
    if not calendar.is_working_day(day):
        yield from _moved(day, due, calendar)
        return
    vi = f"Tiếp nhận sau {rules.cutoff:%H:%M}: sang ngày làm việc kế tiếp"
    en = f"Accepted after {rules.cutoff:%H:%M}: the next working day"
    yield from _days_off(day + timedelta(days=1), due.date(), calendar)
    yield Step("cutoff", due, vi, en, _AFTER_CUTOFF)


def _immediate(due: datetime, at: datetime, calendar: Calendar) -> Iterator[Step]:
    vi, en = "Giải quyết ngay, không cần giấy hẹn", "Settled at once, no receipt is needed"
    yield Step("immediate", at, vi, en, _NO_RECEIPT)
    if due.date() == at.date():
        return
    if not calendar.is_working_day(at.date()):
        yield from _moved(at.date(), due, calendar)
        return
    yield from _days_off(at.date() + timedelta(days=1), due.date(), calendar)
    vi, en = "Sau giờ làm việc: sang ngày làm việc kế tiếp", "After hours: the next working day"
    yield Step("closed", due, vi, en, "")


def _season(due: datetime, at: datetime, limit: ProcessingTime, calendar: Calendar) -> Iterator[Step]:
    if limit.season is None:
        return
    begun = takewhile(lambda dates: dates[1] <= due.date(), limit.season.ends_from(at.date()))
    *over, (first, last) = begun
    if over and over[-1][1].year == at.year:
        ended = over[-1][1]
        vi = f"Đợt năm nay đã kết thúc ngày {ended:%d/%m/%Y}: sang đợt sau"
        en = f"This year's season ended on {ended.isoformat()}: the next one"
        yield Step("season_over", at, vi, en, "")
    yield Step(
        "season",
        datetime.combine(first, time.min, ZONE),
        f"Theo đợt từ {first:%d/%m/%Y} đến {last:%d/%m/%Y}",
        f"In the season from {first.isoformat()} to {last.isoformat()}",
        "",
    )
    yield from _moved(last, due, calendar)


def _moved(last: date, due: datetime, calendar: Calendar) -> Iterator[Step]:
    """Tells that a last day is off, if it is, and where it moves."""
    day = due.date()
    if day == last:
        return
    yield from _days_off(last, day, calendar)
    vi = f"Ngày cuối {last:%d/%m/%Y} là ngày nghỉ: chuyển sang {day:%d/%m/%Y}"
    en = f"The last day {last.isoformat()} is off: moved to {day.isoformat()}"
    yield Step("moved", due, vi, en, _LAST_DAY_OFF)


def _days_off(first: date, end: date, calendar: Calendar) -> Iterator[Step]:
    """Names the holidays stepped over before `end`; ordinary weekends need no explanation."""
    for day in _days(first, end - timedelta(days=1)):
        if not calendar.is_working_day(day):
            yield from _exception(day, calendar)


def _exception(day: date, calendar: Calendar) -> Iterator[Step]:
    exception = calendar.exceptions.get(day)
    if exception is None:
        return
    at = datetime.combine(day, time.min, ZONE)
    article = _DAYS_OFF.get(exception.reason, exception.source)
    if not exception.hours:
        vi, en = f"Nghỉ {day:%d/%m/%Y}: {exception.note_vi}", f"Off {day.isoformat()}: {exception.note_en}"
        yield Step("day_off", at, vi, en, article)
    elif exception.reason is Reason.SWAPPED:
        vi, en = f"Làm bù {day:%d/%m/%Y}: {exception.note_vi}", f"Worked {day.isoformat()}: {exception.note_en}"
        yield Step("swapped", at, vi, en, article)
    else:
        vi = f"Giờ làm việc riêng {day:%d/%m/%Y}: {exception.note_vi}"
        en = f"Hours of its own {day.isoformat()}: {exception.note_en}"
        yield Step("own_hours", at, vi, en, article)


def _days(first: date, last: date) -> Iterator[date]:
    for ahead in range((last - first).days + 1):
        yield first + timedelta(days=ahead)
