"""Units' calendars: hours by default, province and unit; what is wrong in the files is told by place and reason."""

from datetime import date, datetime, time

import pytest

from services.intake.calendars import Calendars
from services.intake.data_files import shipped_text
from services.intake.domain.tables import BadData
from services.intake.reference import Reference
from services.worktime.calendar import Interval, Reason

HEADER = "day,kind,reason,instead_of,note_vi,note_en,source\n"
DAYS = (
    HEADER
    + """\
2026-01-01,off,holiday,,Tết Dương lịch,New Year,x
2026-01-02,off,swapped,2026-01-10,Nghỉ,Off,x
2026-01-10,worked,swapped,2026-01-02,Làm bù,Worked,x
"""
)
TOML = """
[default]
weekdays = "07:00-11:30, 13:30-17:00"
saturday = ""
sunday = ""
source = "x"

[province.79]
friday = "07:30-11:30, 13:00-16:30"
source = "y"

[unit.26734]
saturday = "07:30-11:30"
source = "z"

[[unit.26734.days]]
day = 2026-03-14
hours = ""
note_vi = "Ngày riêng"
note_en = "A day of its own"
source = "z"
"""
FULL = (Interval(time(7), time(11, 30)), Interval(time(13, 30), time(17)))


def test_a_unit_is_put_on_its_province_and_that_on_the_default() -> None:
    calendars = Calendars.parse(TOML, DAYS)
    friday, saturday = date(2026, 1, 9), date(2026, 1, 17)
    assert calendars.of("00004", "01").hours_on(friday) == FULL
    assert calendars.of("26737", "79").hours_on(friday)[-1].end == time(16, 30)
    own = calendars.of("26734", "79")
    assert own.hours_on(friday)[-1].end == time(16, 30)
    assert own.hours_on(saturday) == (Interval(time(7, 30), time(11, 30)),)
    assert not own.is_working_day(date(2026, 3, 14))
    assert own.exceptions[date(2026, 3, 14)].reason is Reason.LOCAL
    assert not calendars.of("26737", "79").is_working_day(saturday)


def test_a_day_worked_in_exchange_has_the_hours_of_the_day_that_it_is_worked_for() -> None:
    calendars = Calendars.parse(TOML, DAYS)
    worked = date(2026, 1, 10)  # a Saturday, for Friday 2 January
    assert calendars.of().hours_on(worked) == FULL
    assert calendars.of(None, "79").hours_on(worked)[-1].end == time(16, 30)
    no_fridays = TOML.replace('friday = "07:30-11:30, 13:00-16:30"', 'friday = ""')
    assert not Calendars.parse(no_fridays, DAYS).of(None, "79").is_working_day(worked)


def test_units_without_a_section_share_one_calendar() -> None:
    calendars = Calendars.parse(TOML, DAYS)
    assert calendars.of("00004", "01") is calendars.of("00008", "01") is calendars.of()
    assert calendars.of("26737", "79") is calendars.of("26740", "79")


@pytest.mark.parametrize(
    ("toml", "days", "moved"),
    [
        (TOML.replace("13:30", "13:00"), DAYS, ["default", "province", "unit"]),
        (TOML.replace("16:30", "16:45"), DAYS, ["province", "unit"]),
        (TOML.replace('"07:30-11:30"', '"07:30-11:45"'), DAYS, ["unit"]),
        (TOML, DAYS.replace("2026-01-01", "2026-01-03"), ["default", "province", "unit"]),
        (TOML + "# a comment\n", DAYS, []),
    ],
)
def test_a_calendars_version_follows_its_content_and_no_other_units(toml: str, days: str, moved: list[str]) -> None:
    keys = {"default": (None, None), "province": (None, "79"), "unit": ("26734", "79")}
    before, after = Calendars.parse(TOML, DAYS), Calendars.parse(toml, days)
    assert [name for name, key in keys.items() if before.of(*key).version != after.of(*key).version] == moved


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[default]", "[defaults]", "calendars.toml, defaults: unknown"),
        ("[default]", "[default", r"calendars.toml: .*line 2"),
        ('saturday = ""\nsunday', "sunday", "calendars.toml, default: no hours for saturday"),
        ("07:00-11:30, 13", "7h-11h30, 13", r"calendars.toml, default.weekdays: “7h-11h30” are no hours"),
        ("07:00-11:30, 13:30", "07:00-13:31, 13:30", "calendars.toml, default.weekdays: .*overlapping"),
        ("07:00-11:30, 13:30", "07:00-25:30, 13:30", "calendars.toml, default.weekdays: .*hour must be"),
        ("13:00-16:30", "13:00-12:30", r"calendars.toml, province.79.friday: .*do not end after they start"),
        ('saturday = "07:30-11:30"', "saturday = 7", r"calendars.toml, unit.26734.saturday: write hours in quotes"),
        ('saturday = "07:30-11:30"', 'saterday = ""', r"calendars.toml, unit.26734.saterday: unknown"),
        (
            'weekdays = "07:00-11:30, 13:30-17:00"',
            'weekdays = ""',
            "calendars.toml, default: .*no working hours",
        ),
        ("[unit.26734]", "[unit.2673]", r"calendars.toml, unit.2673: no code"),
        ('source = "y"', "", r"calendars.toml, province.79.source: missing"),
        ("day = 2026-03-14", 'day = "14/3"', r"calendars.toml, unit.26734.days, number 1, day: write a date"),
        ('note_vi = "Ngày riêng"', "", r"calendars.toml, unit.26734.days, number 1, note_vi: missing"),
        ('hours = ""', 'hours = ""\nreason = "feast"', r"unit.26734.days, number 1, reason: “feast” is none of"),
        ("[[unit.26734.days]]", "[unit.26734.days]", r"unit.26734.days: write \[\["),
    ],
)
def test_what_is_wrong_with_the_hours_is_told_by_key(old: str, new: str, message: str) -> None:
    assert old in TOML
    with pytest.raises(BadData, match=message):
        Calendars.parse(TOML.replace(old, new), DAYS)


@pytest.mark.parametrize(
    ("row", "line", "column"),
    [
        ("2026-13-01,off,holiday,,a,b,x", 5, "day"),
        ("0026-12-01,off,holiday,,a,b,x", 5, "day"),
        ("2026-01-01,off,holiday,,a,b,x", 5, "day"),
        ("2026-12-01,closed,holiday,,a,b,x", 5, "kind"),
        ("2026-12-01,off,feast,,a,b,x", 5, "reason"),
        ("2026-12-05,worked,swapped,,a,b,x", 5, "instead_of"),
        ("2026-12-01,off,holiday,,a,b,", 5, "source"),
        ("2026-12-01,off,holiday,,a,b", 5, "source"),
        ("2026-12-01,off,holiday,,a,b,x,y", 5, "8"),
    ],
)
def test_what_is_wrong_with_the_days_is_told_by_line_and_column(row: str, line: int, column: str) -> None:
    with pytest.raises(BadData, match=rf"^days\.csv, line {line}, column {column}: "):
        Calendars.parse(TOML, DAYS + row)


def test_no_days_at_all_are_refused() -> None:
    with pytest.raises(BadData, match="has no days"):
        Calendars.parse(TOML, HEADER)


def test_a_section_for_a_unit_that_there_is_not_is_refused() -> None:
    texts = {"calendars.toml": TOML.replace("[unit.26734", "[unit.99999"), "days.csv": DAYS}
    with pytest.raises(BadData, match=r"unit\.99999: there is no administrative unit"):
        Reference.shipped(lambda name: texts.get(name) or shipped_text(name))


def test_the_swap_that_the_package_lacks_is_an_override_with_a_source_of_its_own() -> None:
    days = {each.day: each for each in Calendars.shipped().days}
    for day, worked in ((date(2026, 1, 2), False), (date(2026, 1, 10), True)):
        assert days[day].worked is worked
        assert days[day].reason is Reason.SWAPPED
        assert not days[day].source.startswith("holidays ")


def test_making_the_days_again_keeps_the_overrides_and_changes_nothing(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    from services.intake.data import make_calendar  # noqa: PLC0415 - not part of the product

    copy = tmp_path / "days.csv"
    copy.write_text(shipped_text("days.csv"), encoding="utf-8")
    monkeypatch.setattr(make_calendar, "FILE", copy)
    make_calendar.main()
    assert copy.read_text(encoding="utf-8") == shipped_text("days.csv")


def test_a_case_is_judged_by_the_calendar_of_its_deciding_unit() -> None:
    own = shipped_text("calendars.toml") + '\n[unit.31570]\nsaturday = "07:30-11:30"\nsource = "x"\n'
    reference = Reference.shipped(lambda name: own if name == "calendars.toml" else shipped_text(name))
    accepted = datetime.fromisoformat("2025-08-29T16:20+07:00")
    assert reference.deadline("1.004222", accepted, "31570").due_at.isoformat() == "2025-09-09T17:00:00+07:00"
    for way in (reference.deadline, reference.deadline):
        assert way("1.004222", accepted).due_at.isoformat() == "2025-09-11T17:00:00+07:00"
        assert way("1.004222", accepted, "00004").calendar_version == reference.calendar.version
        assert way("1.004222", accepted, "31570").calendar_version.startswith("31570-")
