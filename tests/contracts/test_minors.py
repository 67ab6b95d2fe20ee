"""Minors among the volunteers see no data of cases and of people: their role may not send what shows any."""

from typing import Any

import pytest

from contracts.operations.queries import DeadLetters
from contracts.personal import personal_fields
from contracts.reporting.queries import FormII06a
from contracts.roles import Role
from contracts.topology import TOPOLOGY, CallSpec

OF_CASES = {"case_id", "case_code", "rows", "payload", "original_payload", "person", "person_id"}
"""Fields that tell of one case or one person, or hold a message about one."""


def shows_cases_or_people(spec: CallSpec) -> bool:
    named = _names(spec.data.model_json_schema()) | _names(spec.result.model_json_schema())
    return bool(named & OF_CASES) or any(personal_fields(spec.data)) or any(personal_fields(spec.result))


RECORDS = {"record-visit", "amend-visit"}
"""They may name a case, which intake refuses to a minor (`minor-no-case`); they show none."""


@pytest.mark.parametrize("spec", TOPOLOGY.calls, ids=lambda spec: spec.name)
def test_what_shows_data_of_cases_or_people_is_not_for_minors(spec: CallSpec) -> None:
    allowed = Role.MINOR_VOLUNTEER in spec.roles
    assert not allowed or spec.verb in RECORDS or not shows_cases_or_people(spec)


def test_the_walk_tells_figures_from_cases() -> None:
    specs = {spec.data: spec for spec in TOPOLOGY.calls}
    assert not shows_cases_or_people(specs[FormII06a])
    assert not shows_cases_or_people(specs[DeadLetters])
    assert sum(shows_cases_or_people(spec) for spec in TOPOLOGY.calls) >= 6


@pytest.mark.parametrize("spec", TOPOLOGY.calls, ids=lambda spec: spec.name)
def test_an_answer_with_personal_data_is_not_remembered(spec: CallSpec) -> None:
    assert spec.remembered != any(personal_fields(spec.result))


def _names(schema: Any) -> set[str]:
    if isinstance(schema, dict):
        own = set(schema.get("properties", {}))
        return own.union(*(_names(value) for value in schema.values()))
    if isinstance(schema, list):
        return set().union(*(_names(value) for value in schema))
    return set()
