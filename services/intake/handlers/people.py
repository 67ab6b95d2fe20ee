"""People's identities: registered with their cases, shown to officers under the audit's eyes, corrected, erased.

Details are in the clear in this process's memory only, for as long as a command takes.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from contracts.envelope import Command
from contracts.intake.commands.people import (
    CorrectPerson,
    ErasePerson,
    FindPeople,
    MasterKeyRotated,
    PeopleFound,
    PersonChanged,
    PersonView,
    RevealPerson,
    RotateMasterKey,
)
from contracts.intake.people import PersonDetails
from contracts.intake.refusals import IntakeRefusal
from contracts.refusals import CommonRefusal, Refused, refuse
from services.chassis.database import Connection, Database, UnitOfWork
from services.chassis.errors import Misconfigured
from services.chassis.ids import uuid7
from services.intake.domain import audit, people, vault
from services.intake.domain.people import Applicant
from services.intake.domain.vault import Vault, Wrapped
from services.intake.handlers.audit import Trail, step
from services.intake.handlers.common import check_version
from services.intake.store import attachments
from services.intake.store import people as store
from services.intake.store.people import PersonRow
from services.worktime.clock import Clock

log = logging.getLogger(__name__)

_FOUND = 20


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody's details, and when they were told: of two that differ, the newer counts."""

    details: PersonDetails
    at: datetime


@dataclass(slots=True)
class _Change:
    """One person in the making: several rows of an import may tell of the same one."""

    row: PersonRow
    applicant: Applicant
    key: bytes
    known: Applicant | None = None
    """What was stored before; None: nobody."""


class People:
    """The vault as use cases see it."""

    def __init__(self, vault: Vault, trail: Trail, clock: Clock) -> None:
        self._vault = vault
        self._trail = trail
        self._clock = clock

    # --- for other use cases of intake ---------------------------------------------------------------

    async def register(
        self, work: UnitOfWork, command: Command[Any], details: PersonDetails, *, told_at: datetime | None = None
    ) -> UUID:
        """The person that details tell of: known by the identity number, else new. Written to the audit if anything
        changed. Refused: a field that cannot be meant, or another name under a known identity number."""
        (found,) = await self.register_many(work, command, [Told(details, told_at or self._clock.now())])
        if isinstance(found, Refused):
            raise found
        return found

    async def register_many(
        self, work: UnitOfWork, command: Command[Any], told: Sequence[Told]
    ) -> list[UUID | Refused]:
        """The same for many, in a few statements; in the order of what was told, a refusal in the place of a person."""
        results: list[UUID | Refused | None] = [None] * len(told)
        judged: dict[int, Applicant] = {}
        today = self._today()
        for index, each in enumerate(told):
            try:
                judged[index] = Applicant.told(each.details, today)
            except Refused as refused:
                results[index] = refused
        hashes = {
            index: self._vault.hash("id", applicant.id_number)
            for index, applicant in judged.items()
            if applicant.id_number
        }
        by_hash = await self._known_or_claimed(work.connection, set(hashes.values()))
        changes: dict[UUID, _Change] = {}
        for index, applicant in judged.items():
            at = told[index].at
            change = by_hash.get(hashes[index]) if index in hashes else None
            if change is None or not change.row.version:
                change = self._new(applicant, at, change)
            else:
                try:
                    self._tell(change, applicant, at)
                except Refused as refused:
                    results[index] = refused
                    continue
            changes[change.row.id] = change
            results[index] = change.row.id
        await self._save(work, command, list(changes.values()))
        return [each for each in results if each is not None]

    async def details_of(self, connection: Connection, people: Collection[UUID]) -> dict[UUID, PersonDetails]:
        """Their details, for a use case that writes its own entries to the audit; those erased are left out."""
        return {row.id: self._open(row)[1].details() for row in await store.readable(connection, people)}

    async def keys_of(self, connection: Connection, people: Collection[UUID]) -> dict[UUID, bytes]:
        """Their keys, for what else of theirs is kept under them; those erased are left out."""
        rows = await store.readable(connection, people)
        return {row.id: self._vault.unwrap(row.id, row.wrapped) for row in rows if row.wrapped is not None}

    async def may_be_same(
        self, connection: Connection, told: Sequence[tuple[UUID, PersonDetails]]
    ) -> list[bool | Refused | None]:
        """Whether each of these people may be whom the details beside them tell of; None: erased, so nobody knows. A
        refusal in the place of details that cannot be meant. Nobody is shown anything."""
        wanted = {person for person, _ in told}
        rows = {row.id: row for row in await store.readable(connection, wanted)} if wanted else {}
        today = self._today()
        results: list[bool | Refused | None] = []
        for person, details in told:
            row = rows.get(person)
            try:
                applicant = Applicant.told(details, today)
            except Refused as refused:
                results.append(refused)
                continue
            known = None if row is None else self._open(row)[1]
            results.append(None if known is None else people.may_be_same(known, applicant))
        return results

    async def key_of(self, connection: Connection, person: UUID) -> bytes:
        """Somebody's key, for what else of theirs is kept under it. Refused: unknown, or erased."""
        row = _there(await store.by_id(connection, person))
        if row.wrapped is None:
            raise AssertionError("erased people are refused before")
        return self._vault.unwrap(row.id, row.wrapped)

    # --- commands ------------------------------------------------------------------------------------

    async def reveal(self, work: UnitOfWork, command: Command[RevealPerson]) -> PersonView:
        row = await self._locked(work.connection, command.data.person)
        view = self._view(row)
        await self._looked_at(work, command, [row], command.data.purpose)
        return view

    async def find(self, work: UnitOfWork, command: Command[FindPeople]) -> PeopleFound:
        """A search that finds nobody is written to the audit as well, under the command's own id."""
        wish = command.data
        kind, form = people.search(wish.id_number, wish.phone, wish.full_name, wish.birth_date, self._today())
        rows = await store.locked_by_hash(work.connection, kind, self._vault.hash(kind, form), _FOUND + 1)
        shown = rows[:_FOUND]
        found = PeopleFound(people=[self._view(row) for row in shown], more=len(rows) > _FOUND)
        if shown:
            await self._looked_at(work, command, shown, wish.purpose)
        else:
            await self._trail.record(work, [step(command, "find-people", uuid7(), 0, 0, reason=wish.purpose)])
        return found

    async def correct(self, work: UnitOfWork, command: Command[CorrectPerson]) -> PersonChanged:
        row = await self._locked(work.connection, command.data.person, command.expected_version)
        key, before = self._open(row)
        after = Applicant.told(command.data.details, self._today())
        if after == before:
            return PersonChanged(person=row.id, version=row.version)
        other = after.id_number if after.id_number != before.id_number else None
        if other and await store.locked_by_number(work.connection, [self._vault.hash("id", other)]):
            raise refuse(
                IntakeRefusal.PERSON_MISMATCH,
                "Số giấy tờ này đã ghi cho một người khác.",
                "This identity number is on record for somebody else.",
                field="id_number",
            )
        change = _Change(replace(row, told_at=self._clock.now()), after, key, before)
        await self._save(work, command, [change], "correct-person", command.data.reason)
        return PersonChanged(person=row.id, version=change.row.version)

    async def erase(self, work: UnitOfWork, command: Command[ErasePerson]) -> PersonChanged:
        await attachments.lock_cases_of(work.connection, command.data.person)  # before the person, as everybody does
        row = await self._locked(work.connection, command.data.person, command.expected_version)
        await store.erase(work.connection, row.id, row.version + 1)
        await attachments.forget_contents(work.connection, row.id)
        erased = step(
            command,
            "erase-person",
            row.id,
            row.version,
            row.version + 1,
            to_state="erased",
            reason=command.data.reason,
        )
        await self._trail.record(work, [erased])
        return PersonChanged(person=row.id, version=row.version + 1)

    async def rotate(self, work: UnitOfWork, command: Command[RotateMasterKey]) -> MasterKeyRotated:
        """One piece. Interrupted at any point, one begins again, and what is done is not met again.

        A key that does not open keeps nobody else's waiting.
        """
        current, wish = self._vault.current, command.data
        rows = await store.under_older_keys(work.connection, current, wish.after, wish.pieces)
        opened: list[tuple[UUID, Wrapped]] = []
        for person, wrapped in rows:
            try:
                opened.append((person, self._vault.wrap(person, self._vault.unwrap(person, wrapped))))
            except vault.Tampered:
                log.exception("the key of person %s does not open under %s", person, wrapped.key_id)
        await store.rewrap(work.connection, opened)
        if opened:
            reason = f"{len(opened)} → {current}"
            await self._trail.record(work, [step(command, "rotate-master-key", uuid7(), 0, 0, reason=reason)])
        in_use = await store.keys_in_use(work.connection)
        return MasterKeyRotated(
            key=current,
            rewrapped=len(opened),
            unreadable=len(rows) - len(opened),
            left=sum(count for key_id, count in in_use.items() if key_id != current),
            last=rows[-1][0] if len(rows) == wish.pieces else None,
        )

    # --- how it is done ------------------------------------------------------------------------------

    def _today(self) -> date:
        return audit.day_of(self._clock.now())

    async def _locked(self, connection: Connection, person: UUID, version: int | None = None) -> PersonRow:
        row = _there(await store.locked(connection, person))
        check_version(version, row.version)
        return row

    def _open(self, row: PersonRow) -> tuple[bytes, Applicant]:
        """A person's key and details. Tampered: they do not open."""
        if row.wrapped is None or row.sealed is None:
            raise AssertionError("erased people are refused before")
        try:
            key = self._vault.unwrap(row.id, row.wrapped)
            return key, Applicant.from_bytes(self._vault.open(row.id, row.version, key, row.sealed))
        except vault.Tampered:
            raise vault.Tampered(f"person {row.id}, version {row.version}: does not open") from None

    def _view(self, row: PersonRow) -> PersonView:
        return PersonView(person=row.id, version=row.version, details=self._open(row)[1].details())

    async def _looked_at(self, work: UnitOfWork, command: Command[Any], rows: Sequence[PersonRow], why: str) -> None:
        action = "reveal-person" if isinstance(command.data, RevealPerson) else "find-people"
        await self._trail.record(
            work,
            [
                step(
                    command,
                    action,
                    row.id,
                    row.version,
                    row.version,
                    reason=why,
                    digest=vault.digest(row.sealed or b""),
                )
                for row in rows
            ],
        )

    async def _known_or_claimed(self, connection: Connection, hashes: set[bytes]) -> dict[bytes, _Change]:
        """Who has these identity numbers, locked: those known, and for the others a number claimed (version 0).

        A claim waits for another transaction that wants the same number; if that commits, its person is known then.
        """
        found: dict[bytes, _Change] = {}
        wanted = set(hashes)
        while wanted:
            for hash_, row in (await store.locked_by_number(connection, wanted)).items():
                key, known = self._open(row)
                found[hash_] = _Change(row, known, key, known)
            wanted -= set(found)
            claims = {hash_: uuid7() for hash_ in wanted}
            for hash_ in await store.claim_numbers(connection, claims):
                row = PersonRow(claims[hash_], 0, "", None, None, self._clock.now())
                found[hash_] = _Change(row, _NOBODY, b"")
            wanted -= set(found)
        return found

    def _new(self, applicant: Applicant, at: datetime, claimed: _Change | None) -> _Change:
        person = claimed.row.id if claimed else uuid7()
        key, wrapped = self._vault.new_key(person)
        row = PersonRow(person, 1, wrapped.key_id, wrapped.data, None, at)
        change = claimed or _Change(row, applicant, key)
        change.row, change.applicant, change.key = row, applicant, key
        return change

    def _tell(self, change: _Change, applicant: Applicant, at: datetime) -> None:
        newer = at >= change.row.told_at
        change.applicant = people.merged(change.applicant, applicant, newer=newer)
        if newer:
            change.row = replace(change.row, told_at=at)

    async def _save(
        self,
        work: UnitOfWork,
        command: Command[Any],
        changes: Sequence[_Change],
        action: str = "register-person",
        reason: str | None = None,
    ) -> None:
        """Seals and stores those who are new or changed, and writes it to the audit."""
        new = [each for each in changes if each.known is None]
        changed = [each for each in changes if each.known is not None and each.known != each.applicant]
        if not new and not changed:
            return
        for each in changed:
            each.row = replace(each.row, version=each.row.version + 1)
        for each in (*new, *changed):
            sealed = self._vault.seal(each.row.id, each.row.version, each.key, each.applicant.to_bytes())
            each.row = replace(each.row, sealed=sealed)
        if new:
            await store.insert(work.connection, [each.row for each in new])
        if changed:
            await store.update(work.connection, [each.row for each in changed])
        await store.set_hashes(
            work.connection, {each.row.id: self._hashes(each.applicant) for each in (*new, *changed)}
        )
        await self._trail.record(
            work,
            [
                step(
                    command,
                    action,
                    each.row.id,
                    each.row.version - 1,
                    each.row.version,
                    reason=reason,
                    digest=vault.digest(each.row.sealed or b""),
                )
                for each in (*new, *changed)
            ],
        )

    def _hashes(self, applicant: Applicant) -> Mapping[str, bytes]:
        return {kind: self._vault.hash(kind, form) for kind, form in applicant.identifiers().items()}


def _there(row: PersonRow | None) -> PersonRow:
    """Refused: nobody, or erased."""
    if row is None:
        raise refuse(CommonRefusal.NOT_FOUND, "Không có người này.", "There is no such person.", field="person")
    if row.erased_at is not None:
        raise refuse(
            IntakeRefusal.PERSON_ERASED,
            "Dữ liệu của người này đã bị xóa vĩnh viễn, không đọc lại được.",
            "This person's data was erased for good; nobody can read it any more.",
            field="person",
        )
    return row


_NOBODY = Applicant(PersonDetails.model_fields["kind"].default, "")


class KeyCheck:
    """Refuses to start where people's keys would not open, or nobody would be found any more."""

    def __init__(self, vault: Vault, database: Database) -> None:
        self._vault = vault
        self._database = database

    async def __call__(self) -> None:
        """Misconfigured: a master key in use is missing, or the search key is another than the one in use."""
        async with self._database.unit_of_work() as work:
            in_use = await store.keys_in_use(work.connection)
            check = await store.search_key_check(work.connection, self._vault.search_check)
        missing = {key_id: count for key_id, count in in_use.items() if key_id not in self._vault.key_ids}
        if missing:
            which = ", ".join(f"{key_id} ({count} people)" for key_id, count in missing.items())
            raise Misconfigured(
                f"people.master lacks keys in use: {which}. Bring their lines back from the backup of the secrets; "
                "after `tiepsuc people rotate-master-key` has left none under them, they may go"
            )
        if check != self._vault.search_check:
            raise Misconfigured(
                "people.search is another key than the one that people were registered under; bring it back from the "
                "backup of the secrets"
            )
