"""The audit's chains and roots notice whatever is changed, and the judge of roots names the day."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.intake.queries.audit import AuditRootsView
from services.intake.cli.audit_check import root_faults
from services.intake.domain import audit
from services.intake.domain.audit import NOTHING, Entry, Root, Signer
from services.intake.handlers.audit import told

CASE = UUID(int=5)
AT = datetime(2025, 7, 1, 1, tzinfo=UTC)
SIGNER = Signer(bytes(32))
DAY = date(2025, 7, 1)


def entry(number: int, previous: bytes, **changes: object) -> Entry:
    values = {
        "entity": CASE,
        "number": number,
        "at": AT + timedelta(minutes=number),
        "actor": "can-bo-01",
        "role": "leader",
        "action": "accept-case",
        "command_id": UUID(int=number),
        "from_version": number - 1,
        "to_version": number,
        "from_state": "a",
        "to_state": "b",
        "reason": None,
        "events": 1,
        "digest": audit.digest_of(["{}"]),
        "previous": previous,
    }
    draft = Entry(**values | changes)  # type: ignore[arg-type]
    return draft._replace(hash=draft.computed_hash())


def chain(length: int) -> list[Entry]:
    entries: list[Entry] = []
    for number in range(1, length + 1):
        entries.append(entry(number, entries[-1].hash if entries else NOTHING))
    return entries


CHANGES: dict[str, Any] = {
    "entity": uuid4(),
    "number": 7,
    "at": AT,
    "actor": "x",
    "role": "x",
    "action": "x",
    "command_id": uuid4(),
    "from_version": 9,
    "to_version": 9,
    "from_state": "x",
    "to_state": "x",
    "reason": "",
    "events": 2,
    "digest": NOTHING,
    "previous": b"\1" * 32,
}


@pytest.mark.parametrize("field", [name for name in Entry._fields if name != "hash"])
def test_the_hash_covers_every_field(field: str) -> None:
    one = chain(2)[1]
    assert one._replace(**{field: CHANGES[field]}).computed_hash() != one.hash


@given(
    st.lists(st.sampled_from(["a", "b", "1:", "|", "-", ""]), min_size=5, max_size=5),
    st.lists(st.sampled_from(["a", "b", "1:", "|", "-", ""]), min_size=5, max_size=5),
)
def test_two_entries_never_read_the_same(first: list[str], second: list[str]) -> None:
    names = ("actor", "role", "action", "from_state", "to_state")
    hashes = [entry(1, NOTHING, **dict(zip(names, texts, strict=True))).hash for texts in (first, second)]
    assert (hashes[0] == hashes[1]) == (first == second)
    assert entry(1, NOTHING, reason=None).hash != entry(1, NOTHING, reason="").hash


def test_an_untouched_chain_has_no_faults_in_one_piece_or_in_two() -> None:
    entries = chain(5)
    assert list(audit.chain_faults(entries, {})) == []
    assert list(audit.chain_faults(entries[3:], {(CASE, 3): entries[2].hash})) == []


def test_what_was_done_to_a_chain_is_named_by_its_place() -> None:
    entries = chain(4)
    changed = [*entries[:1], entries[1]._replace(actor="x"), *entries[2:]]
    assert [(f.kind, f.number) for f in audit.chain_faults(changed, {})] == [("entry-changed", 2)]
    rehashed = [*entries[:1], entry(2, entries[0].hash, actor="x"), *entries[2:]]
    assert [(f.kind, f.number) for f in audit.chain_faults(rehashed, {})] == [("chain-broken", 3)]
    removed = [entries[0], *entries[2:]]
    assert [(f.kind, f.number) for f in audit.chain_faults(removed, {})] == [("entry-missing", 2)]
    assert [(f.kind, f.number) for f in audit.chain_faults(entries[1:], {})] == [("entry-missing", 1)]
    forged_start = [entry(1, b"\1" * 32)]
    assert [(f.kind, f.number) for f in audit.chain_faults(forged_start, {})] == [("chain-broken", 1)]


def test_a_day_is_a_day_in_vietnam() -> None:
    begin, end = audit.bounds(DAY)
    assert (begin.isoformat(), end - begin) == ("2025-07-01T00:00:00+07:00", timedelta(days=1))
    assert audit.day_of(datetime(2025, 6, 30, 16, 59, 59, tzinfo=UTC)) == date(2025, 6, 30)
    assert audit.day_of(datetime(2025, 6, 30, 17, tzinfo=UTC)) == DAY


def roots(days: int, signer: Signer = SIGNER) -> list[Root]:
    made: list[Root] = []
    for number in range(1, days + 1):
        day, previous = DAY + timedelta(days=number - 1), made[-1].root if made else NOTHING
        running = audit.root_step(audit.root_start(day, previous), CASE, number, b"\2" * 32)
        made.append(signed(Root(number, day, 1, running, previous), signer))
    return made


def signed(root: Root, signer: Signer = SIGNER) -> Root:
    return replace(root, signature=signer.sign(root), public_key=signer.public_key)


def judged(
    found: list[Root], announced: int, now: datetime | None = None, key: bytes = SIGNER.public_key
) -> list[tuple[str, date | None]]:
    state = AuditRootsView(
        first_day=DAY,
        today=DAY + timedelta(days=4),
        now=now or audit.bounds(DAY + timedelta(days=4))[0] + timedelta(minutes=10),
        announced=announced,
        public_key=SIGNER.public_key.hex(),
        roots=[],
        more=False,
    )
    return [(f.kind, f.day) for f in root_faults([told(each) for each in found], state, [key])]


def test_a_foreign_key_is_noticed_before_it_has_signed_anything() -> None:
    first_day = audit.bounds(DAY)[0] + timedelta(hours=9)
    assert judged([], 0, first_day) == []
    assert judged([], 0, first_day, key=bytes(32)) == [("key-unknown", None)]


def test_roots_in_order_are_good_and_the_last_day_may_be_waited_for() -> None:
    assert judged(roots(4), 4) == []
    assert judged(roots(3), 3) == []
    late = audit.bounds(DAY + timedelta(days=4))[0] + timedelta(hours=2)
    assert judged(roots(3), 3, late) == [("day-unsealed", DAY + timedelta(days=3))]


@pytest.mark.parametrize("lost", [0, 1, 2, 3])
def test_a_day_taken_away_is_named(lost: int) -> None:
    found = roots(4)
    del found[lost]
    assert judged(found, 4) == [("day-missing", DAY + timedelta(days=lost))]


def test_a_forged_root_is_named_and_so_is_one_that_does_not_follow() -> None:
    good, stranger = roots(4), Signer(b"\1" * 32)
    assert judged([*good[:1], signed(good[1], stranger), *good[2:]], 4) == [("root-forged", good[1].day)]
    assert judged([*good[:1], replace(good[1], entries=2), *good[2:]], 4) == [("root-forged", good[1].day)]
    other = signed(replace(good[1], root=b"\3" * 32))
    assert judged([*good[:1], other, *good[2:]], 4) == [("root-out-of-chain", good[2].day)]
    assert judged([signed(replace(good[0], previous=b"\1" * 32)), *good[1:]], 4) == [("root-out-of-chain", DAY)]
