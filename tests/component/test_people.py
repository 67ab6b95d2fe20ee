"""The identity vault on a real database: what is stored, who may see it, and what is gone for good."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from contracts.intake.commands.people import CorrectPerson, ErasePerson, FindPeople, RevealPerson, RotateMasterKey
from contracts.intake.people import PersonDetails
from contracts.refusals import Refused
from contracts.roles import Role
from contracts.topology import TOPOLOGY
from services.chassis.calls import Calls
from services.chassis.database import Database
from services.chassis.errors import Misconfigured
from services.chassis.ids import uuid7
from services.intake import consumers
from services.intake.app import keys
from services.intake.cli import words
from services.intake.domain.vault import Vault
from services.intake.handlers.audit import Trail
from services.intake.handlers.people import KeyCheck, People, Told
from services.operations.provisioning import secrets
from tests.component.ground import CLOCK, Ground, answer, command
from tests.support.stack import database as enter

pytestmark = pytest.mark.asyncio(loop_scope="module")

OFFICER = Role.RECEIVING_OFFICER
HEAD = Role.CENTRE_HEAD
SWAPPED: set[UUID] = set()
"""People whose keys a test has broken."""
numbers = (f"079058{number:06d}" for number in range(1, 999_999))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def database(here: Ground) -> Database:
    return await here.database("intake")


@pytest_asyncio.fixture(loop_scope="module")
async def superuser(here: Ground) -> AsyncIterator[asyncpg.Connection[Any]]:
    async with enter(here.stack, "intake") as connection:
        yield connection


@pytest.fixture
def vault(here: Ground) -> Vault:
    return keys(here.settings("intake"))[0]


@pytest.fixture
def people(vault: Vault) -> People:
    return People(vault, Trail(), CLOCK)


@pytest.fixture
def calls(database: Database, people: People, vault: Vault) -> Calls:
    return answering(database, people, vault)


def answering(database: Database, people: People, vault: Vault) -> Calls:
    calls = Calls("intake", database, TOPOLOGY, CLOCK)
    calls.fingerprint_key = vault.fingerprint_key
    consumers.register_people(calls, people)
    return calls


def someone(**more: Any) -> PersonDetails:
    return PersonDetails(**{"full_name": "Nguyễn Văn Ví Dụ", "id_number": next(numbers)} | more)


CAUSE = command(RevealPerson(person=uuid7(), purpose="thử"), role=OFFICER)


async def registered(database: Database, people: People, details: PersonDetails, **more: Any) -> UUID:
    async with database.unit_of_work() as work:
        return await people.register(work, CAUSE, details, **more)


async def seen(calls: Calls, person: UUID) -> Any:
    reply = await answer(calls, command(RevealPerson(person=person, purpose="Gọi hẹn trả"), role=OFFICER))
    return reply.result["details"] if reply.result else reply.refusal.code


async def actions(superuser: asyncpg.Connection[Any], person: UUID) -> list[str]:
    rows = await superuser.fetch("select action from audit where entity = $1 order by number", person)
    return [row["action"] for row in rows]


async def test_details_are_in_the_database_in_no_readable_form(
    database: Database, people: People, calls: Calls, superuser: asyncpg.Connection[Any]
) -> None:
    details = someone(phone="0912345678", birth_date="1958-09-02", email="vi.du@example.vn", address="Ấp Bí Mật")
    person = await registered(database, people, details)
    assert await seen(calls, person) == details.model_dump(mode="json")
    found = await answer(calls, command(FindPeople(purpose="thử", phone="+84 912 345 678"), role=OFFICER))
    assert [each["person"] for each in found.result["people"]] == [str(person)]
    changed = details.model_copy(update={"address": "Ấp Mới"})
    wish = CorrectPerson(person=person, details=changed, reason="Chuyển nhà")
    assert (await answer(calls, command(wish, role=OFFICER))).result["version"] == 2

    tables = await superuser.fetch("select tablename from pg_tables where schemaname = 'public'")
    dump = [str(await superuser.fetch(f'select * from "{row["tablename"]}"')) for row in tables]
    plain = [str(value) for value in (*details.model_dump().values(), "Ấp Mới") if value and value != "person"]
    assert len(plain) == 7
    for text in plain:
        for form in (text, text.encode().hex(), repr(text.encode())[2:-1]):
            assert not any(form in table for table in dump)
    assert await superuser.fetchval("select count(*) from command_log where name like '%reveal%'") == 0


async def test_a_person_is_known_again_by_the_identity_number(
    database: Database, people: People, calls: Calls, superuser: asyncpg.Connection[Any]
) -> None:
    first = someone(phone="0911111111")
    person = await registered(database, people, first)
    same = first.model_copy(update={"full_name": "NGUYEN VAN VI DU", "phone": None, "email": "a@b.vn"})
    assert await registered(database, people, same) == person
    assert await registered(database, people, same) == person, "and nothing changes"
    older = first.model_copy(update={"phone": "0900000000", "address": "Ấp 1"})
    assert await registered(database, people, older, told_at=CLOCK.now() - timedelta(days=9)) == person
    view = await seen(calls, person)
    assert (view["full_name"], view["phone"], view["email"], view["address"]) == (
        "NGUYEN VAN VI DU",
        "0911111111",
        "a@b.vn",
        "Ấp 1",
    )
    assert await actions(superuser, person) == ["register-person"] * 3 + ["reveal-person"]
    with pytest.raises(Refused, match="another name"):
        await registered(database, people, first.model_copy(update={"full_name": "Trần Thị Khác"}))
    nameless = first.model_copy(update={"id_number": None})
    assert await registered(database, people, nameless) != person, "a name alone is nobody's"


async def test_many_are_registered_at_once_and_each_row_is_judged_by_itself(
    database: Database, people: People, superuser: asyncpg.Connection[Any]
) -> None:
    one, two = someone(), someone()
    known = await registered(database, people, two)
    told = [
        one,
        one.model_copy(update={"phone": "0912000000"}),
        one.model_copy(update={"full_name": "Khác"}),
        someone(phone="12"),
        two,
        someone(id_number=None),
    ]
    async with database.unit_of_work() as work:
        results = await people.register_many(work, CAUSE, [Told(each, CLOCK.now()) for each in told])
    first, again, other, bad, old, new = results
    assert first == again
    assert isinstance(other, Refused)
    assert isinstance(bad, Refused)
    assert (other.refusal.code, bad.refusal.field) == ("person-mismatch", "phone")
    assert old == known
    assert new not in {first, old}
    rows = await superuser.fetch("select number, from_version, to_version from audit where entity = $1", first)
    assert [tuple(row) for row in rows] == [(1, 0, 1)], "one entry for a command and an entity"


async def test_two_who_register_the_same_people_at_once_make_them_once(
    here: Ground, people: People, superuser: asyncpg.Connection[Any]
) -> None:
    replicas = [await here.database("intake", size=3) for _ in range(2)]
    crowd = [Told(someone(), CLOCK.now()) for _ in range(40)]

    async def register(replica: Database, told: list[Told]) -> list[UUID | Refused]:
        async with replica.unit_of_work() as work:
            return await people.register_many(work, CAUSE, told)

    for _ in range(5):
        piece, crowd = crowd[:8], crowd[8:]
        one, two = await asyncio.gather(register(replicas[0], piece), register(replicas[1], piece[::-1]))
        assert one == two[::-1]
        assert await superuser.fetchval("select count(*) from person where id = any($1)", one) == 8


async def test_who_is_erased_is_read_and_found_by_nobody_and_registers_as_somebody_new(
    database: Database, people: People, calls: Calls, superuser: asyncpg.Connection[Any]
) -> None:
    details = someone(phone="0933333333")
    person = await registered(database, people, details)
    wish = ErasePerson(person=person, reason="Hết thời hạn lưu trữ")
    assert (await answer(calls, command(wish, role=OFFICER))).refusal.code == "forbidden"
    stale = await answer(calls, command(wish, role=HEAD, expected_version=7))
    assert stale.refusal.code == "version-conflict"
    assert (await answer(calls, command(wish, role=HEAD, expected_version=1))).result["version"] == 2
    assert await seen(calls, person) == "person-erased"
    assert (await answer(calls, command(wish, role=HEAD))).refusal.code == "person-erased"
    found = await answer(calls, command(FindPeople(purpose="thử", phone="0933333333"), role=OFFICER))
    assert found.result == {"people": [], "more": False}
    (row,) = await superuser.fetch("select wrapped_key, sealed, erased_at from person where id = $1", person)
    assert (row["wrapped_key"], row["sealed"]) == (None, None)
    assert row["erased_at"] is not None
    assert await superuser.fetchval("select count(*) from person_hash where person = $1", person) == 0
    assert await actions(superuser, person) == ["register-person", "erase-person"]
    assert await registered(database, people, details) != person


async def test_who_is_erased_while_somebody_registers_them_registers_as_somebody_new(
    database: Database, people: People, superuser: asyncpg.Connection[Any]
) -> None:
    details = someone()
    person = await registered(database, people, details)
    async with database.unit_of_work() as work:
        await people.erase(work, command(ErasePerson(person=person, reason="Theo yêu cầu"), role=Role.CENTRE_HEAD))
        late = asyncio.create_task(registered(database, people, details))
        async with asyncio.timeout(10):
            while not await superuser.fetchval("select exists (select from pg_locks where not granted)"):
                await asyncio.sleep(0.02)
    assert await late != person


@pytest.mark.parametrize(
    "role", [Role.VOLUNTEER, Role.MINOR_VOLUNTEER, Role.LEAD, Role.CITIZEN, Role.PROVINCE, Role.OPERATOR]
)
async def test_only_officers_see_who_people_are(calls: Calls, role: Role) -> None:
    for wish in (RevealPerson(person=uuid7(), purpose="thử"), FindPeople(purpose="thử", phone="0912345678")):
        assert (await answer(calls, command(wish, role=role))).refusal.code == "forbidden"


async def test_who_looks_is_written_down_and_so_is_who_looks_in_vain(
    database: Database, people: People, calls: Calls, superuser: asyncpg.Connection[Any]
) -> None:
    details = someone(birth_date="1958")
    person = await registered(database, people, details)
    wish = FindPeople(purpose="Quên mã hồ sơ", full_name="nguyễn văn VÍ dụ", birth_date="1958")
    assert (await answer(calls, command(wish, role=OFFICER))).result["people"][0]["person"] == str(person)
    nobody = command(FindPeople(purpose="Quên mã hồ sơ", id_number=next(numbers)), role=OFFICER)
    assert (await answer(calls, nobody)).result["people"] == []
    rows = await superuser.fetch(
        "select actor, role, action, reason, to_version from audit where entity = $1 order by number", person
    )
    assert [words.action(each["action"]) for each in rows] == [
        "Ghi dữ liệu cá nhân / register-person", "Tìm người / find-people",
    ]  # fmt: skip
    assert tuple(rows[-1]) == ("tester", "receiving_officer", "find-people", "Quên mã hồ sơ", 1)
    assert await superuser.fetchval("select count(*) from audit where command_id = $1", nobody.id) == 1
    two_ways = FindPeople(purpose="thử", id_number=next(numbers), phone="0912345678")
    assert (await answer(calls, command(two_ways, role=OFFICER))).refusal.code == "invalid"


async def test_a_correction_takes_no_number_that_is_somebody_elses(
    database: Database, people: People, calls: Calls
) -> None:
    one, two = someone(), someone()
    await registered(database, people, one)
    person = await registered(database, people, two)
    wish = CorrectPerson(
        person=person, details=two.model_copy(update={"id_number": one.id_number}), reason="Ghi nhầm số"
    )
    refusal = (await answer(calls, command(wish, role=OFFICER))).refusal
    assert (refusal.code, refusal.field) == ("person-mismatch", "id_number")
    new = next(numbers)
    wish = CorrectPerson(
        person=person, details=two.model_copy(update={"id_number": new, "full_name": "Tên Mới"}), reason="Đổi tên"
    )
    assert (await answer(calls, command(wish, role=OFFICER))).result["version"] == 2
    found = [
        (await answer(calls, command(FindPeople(purpose="thử", id_number=number), role=OFFICER))).result["people"]
        for number in (two.id_number, new)
    ]
    assert [len(each) for each in found] == [0, 1]
    assert found[1][0]["details"]["full_name"] == "Tên Mới"


async def test_a_row_put_in_the_place_of_another_is_not_opened(
    database: Database, people: People, calls: Calls, superuser: asyncpg.Connection[Any]
) -> None:
    one, two = [await registered(database, people, someone()) for _ in range(2)]
    await superuser.execute(
        """update person set sealed = other.sealed, wrapped_key = other.wrapped_key
           from person as other where person.id = $1 and other.id = $2""",
        one,
        two,
    )
    SWAPPED.add(one)
    assert await seen(calls, one) == "unavailable"
    assert isinstance(await seen(calls, two), dict)


async def test_the_master_key_is_replaced_piece_by_piece_and_the_old_one_may_go_then(
    here: Ground, database: Database, people: People, superuser: asyncpg.Connection[Any]
) -> None:
    persons = [await registered(database, people, someone()) for _ in range(7)]
    old = people._vault.current
    new = secrets.add_master_key(here.stack.secrets_dir)
    vault = keys(here.settings("intake"))[0]
    assert (vault.current, vault.key_ids) == (new, (new, old))
    calls = answering(database, People(vault, Trail(), CLOCK), vault)
    await KeyCheck(vault, database)()
    total = await superuser.fetchval("select count(*) from person where wrapped_key is not null")
    alone = _without(vault, old, here)
    with pytest.raises(Misconfigured, match=old):
        await KeyCheck(alone, database)()
    broken = await registered(database, people, someone())
    await superuser.execute("update person set wrapped_key = sha256(wrapped_key) where id = $1", broken)
    shut = 1 + await superuser.fetchval("select count(*) from person where id = any($1)", list(SWAPPED))

    rotate = command(RotateMasterKey(pieces=3))
    first, again = await answer(calls, rotate), await answer(calls, rotate)
    assert first.result == again.result
    assert (first.result["key"], first.result["rewrapped"] + first.result["unreadable"]) == (new, 3)
    last, unreadable = first.result, first.result["unreadable"]
    while "last" in last:
        last = (await answer(calls, command(RotateMasterKey(pieces=3, after=last["last"])))).result
        unreadable += last["unreadable"]
    assert unreadable == last["left"] == shut, "and they kept nobody waiting"
    assert total > len(persons)
    with pytest.raises(Misconfigured, match=old):
        await KeyCheck(alone, database)()
    await superuser.execute("delete from person where key_id = $1 and wrapped_key is not null", old)
    await KeyCheck(alone, database)()
    after = answering(database, People(alone, Trail(), CLOCK), alone)
    assert [(await seen(after, person))["full_name"] for person in persons] == ["Nguyễn Văn Ví Dụ"] * 7


def _without(vault: Vault, key_id: str, here: Ground) -> Vault:
    """The vault as it is after a key's line was taken out of the file."""
    text = secrets.read(here.stack.secrets_dir, "intake", "people.master")
    lines = [line for line in text.splitlines() if not line.startswith(key_id)]
    return Vault.of_files("\n".join(lines), secrets.read(here.stack.secrets_dir, "intake", "people.search"))


async def test_another_search_key_is_refused_at_start(here: Ground, database: Database, vault: Vault) -> None:
    await KeyCheck(vault, database)()
    text = secrets.read(here.stack.secrets_dir, "intake", "people.master")
    with pytest.raises(Misconfigured, match=r"people\.search"):
        await KeyCheck(Vault.of_files(text, secrets._new_key()), database)()


async def test_a_secret_in_a_free_text_is_refused_by_its_field_and_kept_nowhere(
    database: Database,
    people: People,
    calls: Calls,
    superuser: asyncpg.Connection[Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    person = await registered(database, people, someone())
    wish = command(ErasePerson(person=person, reason="Bà xin xóa"), role=HEAD)
    for text, secret in (("Mã OTP của bà là 483920", "483920"), ("mật khẩu: Hoa$en99", "Hoa$en99")):
        payload = json.loads(wish.model_dump_json())
        payload["data"]["reason"] = text
        subject = TOPOLOGY.call_of("intake", ErasePerson).subject
        reply = json.loads(await calls.answer(subject, json.dumps(payload).encode()))
        assert (reply["refusal"]["code"], reply["refusal"]["field"]) == ("secret-not-accepted", "data.reason")
        assert secret not in json.dumps(reply, ensure_ascii=False)
        assert secret not in caplog.text
        tables = await superuser.fetch("select tablename from pg_tables where schemaname = 'public'")
        for row in tables:
            assert secret not in str(await superuser.fetch(f'select * from "{row["tablename"]}"'))
    assert await superuser.fetchval("select count(*) from command_log where id = $1", wish.id) == 0
    assert isinstance(await seen(calls, person), dict)


async def test_a_fingerprint_of_a_command_is_no_hash_that_can_be_guessed(
    database: Database, people: People, calls: Calls, superuser: asyncpg.Connection[Any]
) -> None:
    details = someone()
    person = await registered(database, people, details)
    wish = command(CorrectPerson(person=person, details=details, reason="Kiểm tra"), role=OFFICER)
    await answer(calls, wish)
    kept = await superuser.fetchval("select fingerprint from command_log where id = $1", wish.id)
    plain = Calls("intake", database, TOPOLOGY, CLOCK)
    consumers.register_people(plain, people)
    twin = wish.model_copy(update={"id": uuid7()})
    await answer(plain, twin)
    assert await superuser.fetchval("select fingerprint from command_log where id = $1", twin.id) != kept
