"""The rules of a case's life: those in force on a day, and what is wrong with an edited file."""

from datetime import date, time

import pytest

from contracts.intake.catalogue import ReferenceKind
from services.intake.data_files import shipped_text
from services.intake.domain.reference_documents import vanished
from services.intake.domain.rules import parse

TEXT = shipped_text("rules.toml")
LATER = TEXT + TEXT[TEXT.index("\n[[rules]]") :].replace("ND-118/2025", "later").replace("2025-07-01", "2026-03-01")


def test_rules_are_those_in_force_on_the_day_and_the_first_before_any() -> None:
    book = parse(LATER)
    versions = [book.on(date(*day)).version for day in ((2024, 1, 1), (2025, 7, 1), (2026, 2, 28), (2026, 3, 1))]
    assert versions == ["ND-118/2025", "ND-118/2025", "ND-118/2025", "later"]
    assert book.named("later") is book.on(date(2030, 1, 1))
    with pytest.raises(KeyError):
        book.named("ND-61/2018")


def test_the_shipped_rules_are_those_of_decree_118() -> None:
    rules = parse(TEXT).on(date(2025, 7, 1))
    assert (rules.cutoff, rules.accept_working_hours, rules.completion_days) == (time(15), 8, 15)
    assert (rules.supplements, rules.notice_working_days) == (1, 3)
    assert (rules.extension_notice_days, rules.correction_working_days) == (1, 3)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("completion_days = 15", "", "entry 1: completion_days missing"),
        ("completion_days = 15", "completion_days = 15\nfoo = 1", "entry 1: foo unknown"),
        ("completion_days = 15", 'completion_days = "15"', "entry 1, completion_days: '15' is no int"),
        ("completion_days = 15", "completion_days = -1", "entry 1, completion_days: -1 is negative"),
        ("cutoff = 15:00:00", "cutoff = 25:00:00", "rules.toml: "),
        ("\n[[rules]]", "\n[other]", "no \\[\\[rules\\]\\] entry"),
        ("\n[[rules]]", "\nrules = []\n[other]", "no \\[\\[rules\\]\\] entry"),
        ("\n[[rules]]", "\nrules = [1]\n[other]", "no \\[\\[rules\\]\\] entry"),
        ("completion_days = 15", "completion_days = 99999", "entry 1, completion_days: 99999 is more than 1000"),
    ],
)
def test_what_is_wrong_is_named(old: str, new: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        parse(TEXT.replace(old, new, 1))


def test_two_entries_of_one_day_are_refused() -> None:
    with pytest.raises(ValueError, match="two entries with effective_from 2025-07-01"):
        parse(LATER.replace("2026-03-01", "2025-07-01"))


@pytest.mark.parametrize(
    ("after", "column"),
    [
        (LATER, None),
        (TEXT.replace("2025-07-01", "2025-07-02"), None),
        (LATER.replace("ND-118/2025", "ND-118"), "version"),
        (TEXT.replace("completion_days = 15", "completion_days = 10"), "version"),
    ],
    ids=["added", "another-day", "renamed", "other-numbers"],
)
def test_a_case_finds_the_rules_it_was_received_under(after: str, column: str | None) -> None:
    assert [fault.column for fault in vanished(ReferenceKind.RULES, TEXT, after)] == ([column] if column else [])
