"""Whose cases a log tells of: taken up where nobody had said it, kept where it stands, pointed out when twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from contracts.intake.commands.cases import SubmitCase
from contracts.intake.commands.importing import ImportCases, LogRow
from contracts.intake.commands.people import ErasePerson
from contracts.intake.people import PersonDetails
from contracts.intake.queries.cases import CaseByCode, CaseHistory
from contracts.intake.vocabulary import Channel
from contracts.roles import Role
from contracts.topology import TOPOLOGY
from services.chassis.calls import Calls
from services.chassis.database import Database
from services.chassis.ids import uuid7
from services.intake import consumers
from services.intake.domain.remarks import OWNED
from tests.component.ground import CLOCK, Ground, answer, command, query
from tests.component.intake import IMPORT, PEOPLE, answer_cases, changed_rows
from tests.component.test_intake import DONE, ROW, one_is_held_back
from tests.support.stack import database as database_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAME = "Nguyễn Thị Thử"
codes = (f"H13.57-251103-{number:04d}" for number in count(1))
numbers = (f"0920870{number:05d}" for number in count(10_001))


def row(line: int = 2, /, **more: str) -> LogRow:
    return ROW.model_copy(update={"line": line, "case_code": next(codes)} | more)


def person(name: str = NAME, number: str = "", phone: str = "") -> dict[str, str]:
    return {"applicant_name": name, "applicant_id_number": number, "applicant_phone": phone}


def with_(log: LogRow, **more: Any) -> LogRow:
    return log.model_copy(update=more)


@dataclass
class Place:
    calls: Calls
    database: Database
    here: Ground

    async def do(self, data: Any, role: Role = Role.OPERATOR) -> Any:
        reply = await answer(self.calls, command(data, role=role))
        assert reply.refusal is None, reply.refusal
        return reply.result

    async def take(self, *rows: LogRow) -> dict[str, Any]:
        told: dict[str, Any] = await self.do(ImportCases(rows=list(rows)))
        assert told["imported"] + told["advanced"] + told["already_present"] + len(told["rejected"]) == len(rows)
        return told

    async def case(self, log: LogRow) -> Any:
        return await self.database.pool.fetchrow("select * from cases where case_code = $1", log.case_code)

    async def people(self) -> int:
        async with database_of(self.here.stack, "intake") as owner:
            loose = "select count(*) from person_hash h where not exists (select from person p where p.id = h.person)"
            assert await owner.fetchval(loose) == 0
            found: int = await owner.fetchval("select count(*) from person")
            return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(here: Ground) -> AsyncIterator[Place]:
    database = await here.database("intake")
    calls = answer_cases(Calls("intake", database, TOPOLOGY, CLOCK))
    consumers.register_people(calls, PEOPLE)
    yield Place(calls, database, here)


def counted(told: dict[str, Any]) -> tuple[int, int, int, int]:
    return told["imported"], told["advanced"], told["already_present"], len(told["rejected"])


def said(told: dict[str, Any]) -> list[tuple[int, str]]:
    return [(each["line"], each["code"]) for each in told["remarks"]]


async def test_a_known_case_is_told_whose_it_is(place: Place) -> None:
    plain, moved, nobody = row(), row(3), row(4, **DONE)
    await place.take(plain, moved, nobody)
    number = next(numbers)
    owned = [with_(plain, **person(number=number)), with_(moved, **person("Trần Văn B"), **DONE), nobody]
    assert counted(await place.take(*owned)) == (0, 2, 1, 0)
    first, second, third = [await place.case(each) for each in (plain, moved, nobody)]
    assert (first["version"], second["version"], third["version"]) == (3, 4, 3)
    assert None not in {first["applicant"], second["applicant"]}
    assert third["applicant"] is None
    async with database_of(place.here.stack, "intake") as owner:
        told = await owner.fetch("select version, payload from outbox where entity = $1 order by version", second["id"])
        assert [each["version"] for each in told] == [1, 2, 3, 4]
        assert "case.amended" in told[2]["payload"].replace("-", ".")
        assert str(second["applicant"]) not in "".join(each["payload"] for each in told)
        chain = await owner.fetch(
            "select number, action, from_version, to_version, previous, hash, from_state, to_state, reason from audit "
            "where entity = $1 order by 1",
            second["id"],
        )
    assert [tuple(each)[:4] for each in chain] == [(1, "import-cases", 0, 2), (2, "import-cases", 2, 4)]
    assert chain[1]["previous"] == chain[0]["hash"]
    assert [tuple(each)[6:8] for each in chain] == [("", "accepted"), ("accepted", "completed")]
    assert (chain[0]["reason"], "theo sổ" in chain[1]["reason"]) == (None, True)
    assert counted(await place.take(*owned)) == (0, 0, 3, 0), "told again, nothing is new"
    view = (await answer(place.calls, query(CaseByCode(case_code=plain.case_code)))).result
    history = (await answer(place.calls, query(CaseHistory(case_id=UUID(view["case_id"]))))).result["steps"]
    assert "theo sổ" in history[-1]["reason"]


async def test_whoever_is_told_wrongly_costs_the_row_and_leaves_the_case(place: Place) -> None:
    plain = row()
    await place.take(plain)
    before = await place.people()
    told = await place.take(with_(plain, **person(number="12"), **DONE))
    assert [(each["line"], each["column"]) for each in told["rejected"]] == [(2, "applicant_id_number")]
    case = await place.case(plain)
    assert (case["applicant"], case["version"], case["state"]) == (None, 2, "accepted")
    contrary = with_(plain, **person(number=next(numbers)), accepted_at="2025-07-01T08:06:00+07:00")
    assert [each["code"] for each in (await place.take(contrary))["rejected"]] == ["case-code-taken"]
    assert await place.people() == before, "nobody is registered for a row that is not taken"


async def test_another_applicant_is_named_and_who_stands_is_kept(place: Place) -> None:
    number = next(numbers)
    mine = row(**person(number=number, phone="0912345678"))
    nameless = row(3, **person())
    await place.take(mine, nameless)
    before, people = (await place.case(mine))["applicant"], await place.people()
    same = [
        with_(mine, **person("NGUYEN THI THU", number, "0987654321")),
        with_(mine, line=3, **person()),
        with_(nameless, line=4, **person(number=next(numbers))),
    ]
    told = await place.take(*same)
    assert (said(told), counted(told)) == ([], (0, 0, 3, 0))
    others = [
        with_(mine, **person(number=next(numbers)), **DONE),
        with_(mine, line=3, **person("Ai Khác"), **DONE),
        with_(nameless, line=4, **person("Ai Khác")),
    ]
    told = await place.take(*others)
    assert said(told) == [(line, "other-applicant") for line in (2, 3, 4)]
    assert counted(told) == (0, 1, 2, 0), "what else the row tells is taken"
    assert [each["column"] for each in told["remarks"]] == ["applicant_id_number", "applicant_name", "applicant_name"]
    assert "Ai Khác" not in str(told)
    assert ((await place.case(mine))["applicant"], await place.people()) == (before, people)


async def test_whoever_was_erased_is_not_recorded_again(place: Place) -> None:
    mine = row(**person(number=next(numbers)))
    await place.take(mine)
    whose = (await place.case(mine))["applicant"]
    await place.do(ErasePerson(person=whose, reason="Theo yêu cầu"), Role.CENTRE_HEAD)
    before = await place.people()
    told = await place.take(mine)
    assert (said(told), counted(told)) == ([(2, "applicant-erased")], (0, 0, 1, 0))
    assert ((await place.case(mine))["applicant"], await place.people()) == (whose, before)


def days(log: LogRow, later: int) -> LogRow:
    at = datetime.fromisoformat(ROW.submitted_at) + timedelta(days=later)
    return with_(log, submitted_at=at.isoformat(), accepted_at=at.isoformat())


async def test_what_may_be_the_same_is_pointed_out_and_taken(place: Place) -> None:
    number = next(numbers)
    whose = person(number=number)
    counter = SubmitCase(
        case_id=uuid7(), receiving_unit="31570", deciding_unit="31570", procedure="1.001193", channel=Channel.DIRECT,
        submitted_at=datetime.fromisoformat(ROW.submitted_at),
        applicant=PersonDetails(full_name=NAME, id_number=number),
    )  # fmt: skip
    await place.do(counter, Role.CITIZEN)
    near, far, both = days(row(2, **whose), 20), days(row(3, **whose), 100), days(row(4, **whose), 25)
    other = days(row(5, **whose, procedure="1.004222"), 20)
    stranger = days(row(6, **person("Ai Khác", next(numbers))), 20)
    told = await place.take(near, far, both, other, stranger)
    assert counted(told) == (5, 0, 0, 0)
    assert said(told) == [(2, "possible-duplicate"), (4, "possible-duplicate")]
    first, second = told["remarks"]
    assert [each["case_id"] for each in first["duplicates"]] == [str(counter.case_id)]
    assert [each.get("case_code") for each in second["duplicates"]] == [near.case_code, None]
    assert UUID(second["case_id"]) == (await place.case(both))["id"]
    assert near.case_code in second["message_vi"]
    assert NAME not in str(told)
    assert number not in str(told)
    again = await place.take(near, far, both, other, stranger)
    assert counted(again) == (0, 0, 5, 0)
    assert again["remarks"] == told["remarks"], "who imports again is told the same"
    alone = await place.take(days(with_(near, **person()), 20))
    assert [each["case_code"] for each in alone["remarks"][0]["duplicates"] if "case_code" in each] == [both.case_code]


async def test_a_bad_row_mended_and_the_log_imported_again_tells_of_the_same_duplicates(place: Place) -> None:
    whose = person(number=next(numbers))
    first, second, bad = row(2, **whose), row(3, **whose), row(4, procedure="9.999999")
    told = await place.take(first, second, bad)
    assert (counted(told), said(told)) == ((2, 0, 0, 1), [(3, "possible-duplicate")])
    later = await place.take(first, second, with_(bad, procedure=ROW.procedure))
    assert counted(later) == (1, 0, 2, 0)
    assert later["remarks"] == told["remarks"]
    nameless = [with_(each, applicant_name="", applicant_id_number="") for each in (first, second)]
    (remark,) = (await place.take(*nameless))["remarks"]
    assert (remark["line"], remark["column"]) == (3, ""), "the case has its applicant, whether or not the row names one"


async def test_a_case_that_several_rows_tell_of_is_pointed_out_once(place: Place) -> None:
    whose = person(number=next(numbers))
    first, second = row(2, **whose), row(3, **whose)
    logs = [first, second, with_(second, line=4, **DONE), with_(second, line=5, **DONE)]
    for _ in range(2):
        assert said(await place.take(*logs)) == [(3, "possible-duplicate")]


async def test_an_import_says_in_the_audit_from_where_and_why(place: Place) -> None:
    stopped = row(2)
    unnamed, declined = row(3), row(4, accepted_at="", declined_at="2025-07-01T09:00:00+07:00", reason=" Thiếu giấy ")
    await place.take(stopped, unnamed, declined)
    stopping = with_(stopped, stopped_at="2025-07-02T09:00:00+07:00", reason="  Trùng hồ sơ ")
    await place.take(stopping, with_(unnamed, **person(), reason="không có bước nào mới"))
    async with database_of(place.here.stack, "intake") as owner:
        rows = await owner.fetch(
            "select c.case_code, a.from_state, a.to_state, a.reason, a.from_version, a.to_version from audit a "
            "join cases c on c.id = a.entity where c.case_code = any($1) order by c.case_code, a.number",
            [each.case_code for each in (stopped, unnamed, declined)],
        )
        noted = await owner.fetch(
            "select c.case_code, n.version, n.reason from case_note n join cases c on c.id = n.case_id "
            "where c.case_code = any($1)",
            [each.case_code for each in (stopped, unnamed, declined)],
        )
    told = [tuple(each) for each in rows]
    assert told == [
        (stopped.case_code, "", "accepted", None, 0, 2),
        (stopped.case_code, "accepted", "stopped", "Trùng hồ sơ", 2, 3),
        (unnamed.case_code, "", "accepted", None, 0, 2),
        (unnamed.case_code, "accepted", "accepted", OWNED, 2, 3),
        (declined.case_code, "", "declined", "Thiếu giấy", 0, 2),
    ]
    assert {tuple(each) for each in noted} == {
        (code, to_version, why) for code, _, _, why, _, to_version in told if why
    }, "it is what the case's own history says"


async def test_what_may_be_the_same_is_pointed_out_once_it_is_known_whose_it_is(place: Place) -> None:
    number = next(numbers)
    mine, later = row(**person(number=number)), row(3)
    await place.take(mine, later)
    told = await place.take(with_(later, **person(number=number)))
    assert (counted(told), said(told)) == ((0, 1, 0, 0), [(3, "possible-duplicate")])
    assert [each["case_code"] for each in told["remarks"][0]["duplicates"]] == [mine.case_code]


@pytest.mark.parametrize("second", [NAME, "Ai Khác"])
@pytest.mark.parametrize("numbered", [False, True])
async def test_of_two_imports_of_a_case_only_one_registers_somebody(place: Place, second: str, numbered: bool) -> None:
    log = row(**person())
    number = next(numbers) if numbered else ""
    extra, again = row(3, **person("Người Khác Nữa")), with_(log, **person(second, number), **DONE)
    before = await place.people()
    reply = await one_is_held_back(
        place.database,
        lambda work: IMPORT(work, command(ImportCases(rows=[log]))),
        answer(place.calls, command(ImportCases(rows=[again, extra]))),
    )
    assert counted(reply.result) == (1, 1, 0, 0)
    assert said(reply.result) == ([] if second == NAME else [(2, "other-applicant")])
    assert await place.people() == before + 2, "the case's own applicant, and that of the other case"
    case = await place.case(log)
    assert (case["state"], case["version"]) == ("completed", 3)
    if numbered:  # the number is free for whose it is
        assert (await place.take(row(**person("Chủ Thật", number))))["rejected"] == []


async def test_many_imports_at_once_of_the_same_people_and_cases_end_well(place: Place) -> None:
    known = [next(numbers) for _ in range(20)]
    logs = [row(line, **person(number=known[line % 20])) for line in range(2, 202)]
    before = await place.people()
    halves = [ImportCases(rows=part) for part in (logs, logs[::-1], logs[50:150])]
    replies = await asyncio.gather(*(answer(place.calls, command(each, seconds=60)) for each in halves))
    assert sum(reply.result["imported"] for reply in replies) == len(logs)
    assert [reply.result["rejected"] for reply in replies] == [[]] * 3
    assert await place.people() == before + 20


async def test_whatever_was_imported_here_is_as_its_entries_say(place: Place) -> None:
    assert await changed_rows(place.database) == []
