"""Documents of reference data: all that is wrong is told by file, line and column, and an edit shows in the version."""

from datetime import date, datetime

import pytest

from contracts.intake.catalogue import Confidence, LimitUnit, ReferenceKind
from contracts.intake.vocabulary import Channel
from contracts.refusals import Refused
from services.chassis.ids import uuid7
from services.intake.domain import procedures
from services.intake.domain.reference_documents import vanished
from services.intake.domain.tables import BadData
from services.intake.reference import Reference, check_alone, shipped
from services.worktime.clock import ZONE

DAYS = "day,kind,reason,instead_of,note_vi,note_en,source\n2026-01-01,off,holiday,,a,b,s\n"
UNITS = "code,name,kind,province,valid_from\n01,Tỉnh A,province,01,2025-07-01\n"
PROCEDURES = "code,name,field,field_name,level,amount,unit,season_from,season_to,effective_from,confidence\n"
GOOD = "1.000001,a,f,F,commune,3,working_days,,,2025-07-01,read\n"
PAPERS = "code,document,copies,form,needed,confidence\n"


def procedure(**cells: str) -> str:
    row = dict(zip(PROCEDURES.strip().split(","), GOOD.strip().split(","), strict=True)) | cells
    return PROCEDURES + ",".join(row.values()) + "\n"


@pytest.mark.parametrize(
    ("kind", "text", "line", "column"),
    [
        ("days", DAYS + "2026-13-01,off,holiday,,a,b,s", 3, "day"),
        ("days", DAYS + "2026-01-02,closed,holiday,,a,b,s", 3, "kind"),
        ("days", DAYS + "2026-01-02,off,holiday,,a", 3, "note_en"),
        ("days", DAYS + "2026-01-02,off,holiday,,a,b,s,t", 3, "8"),
        ("days", DAYS + "2026-01-03,worked,swapped,,a,b,s", 3, "instead_of"),
        ("days", DAYS + "2026-01-03,off,fancy,,a,b,s", 3, "reason"),
        ("days", DAYS + "01/01/2026,off,holiday,,a,b,s", 3, "day"),
        ("days", DAYS.replace(",note_en", ""), 1, "note_en"),
        ("days", DAYS.replace("note_en", "note_en,x"), 1, "x"),
        ("days", DAYS.splitlines()[0] + '\n2026-01-02,off,holiday,,a,"b', 2, ""),
        ("days", "", 0, ""),
        ("procedures", procedure(amount="one"), 2, "amount"),
        ("procedures", procedure(amount="9999"), 2, "amount"),
        ("procedures", procedure(amount="0"), 2, "amount"),
        ("procedures", procedure(unit=""), 2, "unit"),
        ("procedures", procedure(unit="weeks"), 2, "unit"),
        ("procedures", procedure(unit="season", amount=""), 2, "season_from"),
        ("procedures", procedure(season_from="02-29"), 2, "season_from"),
        ("procedures", procedure(season_from="09-01"), 2, "season_from"),
        ("procedures", procedure(code="1000001"), 2, "code"),
        ("procedures", procedure(confidence="sure"), 2, "confidence"),
        ("procedures", procedure() + GOOD.replace("2025-07-01", "2026-07-01"), 3, "effective_from"),
        ("procedures", procedure() + GOOD.replace("1.000001", "1.000002").replace(",F,", ",G,"), 3, "field_name"),
        ("procedures", PROCEDURES, 0, ""),
        ("requirements", PAPERS + "1.000001,Tờ khai,0,original,always,read", 2, "copies"),
        ("requirements", PAPERS + "1.000001,Tờ khai,1,original,always,read\n" * 2, 3, "document"),
        ("units", UNITS + "4,Xã A,commune,01,2025-07-01", 3, "code"),
        ("units", UNITS + "00008,Xã A,village,01,2025-07-01", 3, "kind"),
        ("units", UNITS + "00008,Xã A,commune,02,2025-07-01", 3, "province"),
        ("units", UNITS + "00008,Xã A,province,01,2025-07-01", 3, "kind"),
    ],
)
def test_what_is_wrong_is_told_by_line_and_column(kind: str, text: str, line: int, column: str) -> None:
    faults = check_alone(ReferenceKind(kind), text, "x.csv")
    assert (faults[0].file, faults[0].line, faults[0].column) == ("x.csv", line, column)
    assert faults[0].reason_vi != faults[0].reason_en


def test_all_that_is_wrong_is_told_at_once() -> None:
    text = PROCEDURES + ",a,F,F,town,x,weeks,,,never,sure\n" + GOOD + "1.000003,,f,F,commune,,,,,2025-07-01,read\n"
    found = [(fault.line, fault.column) for fault in check_alone(ReferenceKind.PROCEDURES, text, "x.csv")]
    wrong = ["code", "field", "level", "unit", "amount", "effective_from", "confidence"]
    assert found == [*((2, column) for column in wrong), (4, "name")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_what_excel_writes_is_read(delimiter: str) -> None:
    text = "\ufeff" + procedure(effective_from="01/07/2025").replace(",", delimiter).replace("\n", "\r\n")
    (found,) = procedures.parse("x.csv", text + delimiter * 10 + "\r\n").by_code["1.000001"]
    assert (found.begins, found.given) == (date(2025, 7, 1), procedures.Limit(3, LimitUnit.WORKING_DAYS))


def test_a_fault_after_a_cell_of_several_lines_has_its_own_line() -> None:
    text = DAYS + '2026-01-02,off,holiday,,"a\nb",c,s\n2026-01-03,gone,holiday,,a,b,s\n'
    assert [fault.line for fault in check_alone(ReferenceKind.DAYS, text, "x.csv")] == [5]


def test_a_season_may_be_written_as_people_do() -> None:
    for first, last in (("09-01", "12-14"), ("1/9", "14/12")):
        text = procedure(unit="season", amount="", season_from=first, season_to=last)
        (found,) = procedures.parse("x.csv", text).by_code["1.000001"]
        assert found.given == procedures.Limit(0, LimitUnit.SEASON, ((9, 1), (12, 14)))


def test_papers_of_a_procedure_that_is_not_there_are_found() -> None:
    contents = {kind: shipped(kind) for kind in ReferenceKind}
    papers = contents[ReferenceKind.REQUIREMENTS] + "9.999999,Tờ khai,1,original,always,read,\n"
    with pytest.raises(BadData) as bad:
        Reference.of({**contents, ReferenceKind.REQUIREMENTS: papers})
    assert [(fault.line, fault.column) for fault in bad.value.faults] == [(papers.count("\n"), "code")]


def test_the_catalogue_has_what_is_known_and_says_how_sure_it_is() -> None:
    reference = Reference.shipped()
    catalogue = reference.catalogue
    assert len(catalogue.by_code) == 42
    assert all(reference.papers[code] for code in catalogue.by_code)
    poor, joint = (catalogue.versions(code)[0] for code in ("1.011606", "2.002913"))
    assert poor.given == procedures.Limit(0, LimitUnit.SEASON, ((9, 1), (12, 14)))
    assert (joint.given, joint.confidence) == (None, Confidence.GENERAL_KNOWLEDGE)
    assert [code for code in catalogue.by_code if catalogue.versions(code)[0].payment_off_clock] == ["1.013978"]


AT = datetime(2025, 7, 1, 9, tzinfo=ZONE)


def test_without_a_processing_time_no_due_date_is_computed() -> None:
    reference = Reference.shipped()
    reference.new_case(uuid7(), "31570", "31570", "2.002913", Channel.DIRECT, AT)
    with pytest.raises(Refused) as refused:
        reference.deadline("2.002913", AT)
    assert refused.value.refusal.code == "no-processing-time"


def test_a_case_is_judged_by_the_version_of_its_day() -> None:
    contents = {kind: shipped(kind) for kind in ReferenceKind}
    lines = contents[ReferenceKind.PROCEDURES].splitlines()
    (old,) = (line for line in lines if line.startswith("1.004222"))
    ended = old.replace("2025-07-01,,", "2025-07-01,2025-12-31,", 1)
    new = old.replace("2025-07-01", "2026-02-01", 1).replace("7,working_days", "5,working_days")
    text = "\n".join([*(line for line in lines if line != old), ended, new, ""])
    reference = Reference.of({**contents, ReferenceKind.PROCEDURES: text})
    days = [date(2024, 1, 1), date(2025, 12, 31), date(2026, 2, 1)]
    limits = [reference.procedure("1.004222", on=day).limit for day in days]
    assert [limit and limit.amount for limit in limits] == [7, 7, 5]
    with pytest.raises(Refused) as refused:
        reference.procedure("1.004222", on=date(2026, 1, 1))
    assert refused.value.refusal.code == "procedure-not-in-force"


def test_the_calendars_version_follows_its_days() -> None:
    contents = {kind: shipped(kind) for kind in ReferenceKind}
    texts = (DAYS, DAYS + "\n", DAYS.replace("holiday", "local"))
    versions = [Reference.of({**contents, ReferenceKind.DAYS: text}).calendar.version for text in texts]
    assert versions[0] == versions[1] != versions[2]


def test_a_published_procedure_does_not_begin_later_than_it_did() -> None:
    before = shipped(ReferenceKind.PROCEDURES)
    line = next(line for line in before.splitlines(keepends=True) if line.startswith("1.004222,"))
    kind = ReferenceKind.PROCEDURES
    later = before.replace(line, line.replace("2025-07-01", "01/09/2025"))
    (fault,) = vanished(kind, before, later)
    assert (fault.column, fault.reason_en.split()[0]) == ("effective_from", "1.004222")
    assert vanished(kind, later, before) == []
    ended = line.replace("2025-07-01,,", "2025-07-01,2025-08-31,") + line.replace("2025-07-01", "2025-09-01")
    assert vanished(kind, before, before.replace(line, ended)) == []


def test_a_case_is_explained_by_the_rules_it_was_received_under() -> None:
    text = shipped(ReferenceKind.RULES)
    later = text[text.index("\n[[rules]]") :].replace("ND-118/2025", "later").replace("2025-07-01", "2025-07-03")
    later = later.replace("cutoff = 15:00:00", "cutoff = 11:00:00")
    reference = Reference.of({kind: shipped(kind) for kind in ReferenceKind} | {ReferenceKind.RULES: text + later})
    noon = datetime(2025, 7, 4, 14, tzinfo=ZONE)
    same_day = reference.deadline("1.001193", noon, rule_version="ND-118/2025")
    assert same_day.due_at.day == 4
    assert same_day.rule_version == "ND-118/2025"
    assert reference.deadline("1.001193", noon).due_at.day == 7
