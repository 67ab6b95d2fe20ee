"""What can be done with people's identities. To see one is a command as well, because it is written to the audit."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from contracts.envelope import Message
from contracts.free_text import FreeText
from contracts.intake.people import Line, PersonDetails
from contracts.personal import Personal

Why = Annotated[FreeText, Field(min_length=3, max_length=500)]


class CorrectPerson(Message):
    """Set somebody's details right; what is left out is taken away. The expected version is the command's."""

    person: UUID
    details: PersonDetails
    reason: Why


class ErasePerson(Message):
    """Make somebody's details unreadable for good, by destroying the key that they are encrypted under."""

    person: UUID
    reason: Why


class RotateMasterKey(Message):
    """Wrap the next people's keys under the newest master key: `pieces` of them, behind the id `after`."""

    pieces: int = Field(default=2_000, ge=1, le=10_000)
    after: UUID = UUID(int=0)


class MasterKeyRotated(Message):
    """How many keys were wrapped anew, how many did not open, how many are still under an older master key.

    `last`: the id to go on behind; None: the end is reached.
    """

    key: str
    rewrapped: int
    unreadable: int = 0
    left: int
    last: UUID | None = None


class PersonChanged(Message):
    """A person after a command."""

    person: UUID
    version: int


class RevealPerson(Message):
    """Show somebody's details. `purpose` says what for; it stays in the audit with who asked and when."""

    person: UUID
    purpose: Why


class PersonView(Message):
    """Somebody's details as they stand."""

    person: UUID
    version: int
    details: PersonDetails


class FindPeople(Message):
    """Who has this identity number, or this phone number, or this name and birth date: one of the three."""

    purpose: Why
    id_number: Personal[Line] | None = None
    phone: Personal[Line] | None = None
    full_name: Personal[Line] | None = None
    birth_date: Personal[Line] | None = None


class PeopleFound(Message):
    """Those found, at most 20 in the order of their ids; `more` says if some were left off."""

    people: list[PersonView]
    more: bool
