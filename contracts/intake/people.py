"""Who hands in a case, as commands carry it. Nothing of this is in any event."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from contracts.envelope import Message
from contracts.free_text import FreeText
from contracts.personal import Personal


class PersonKind(StrEnum):
    """A human being, or a business or other organisation."""

    PERSON = "person"
    ORGANISATION = "organisation"


Line = Annotated[str, Field(max_length=300)]


class PersonDetails(Message):
    """What is known of somebody; intake normalises and judges it, field by field. Left out means not told.

    `id_number`: citizen id (CCCD, 12 digits), earlier id card (CMND, 9 digits), tax code (10 or 13 digits) or passport.
    `birth_date`: YYYY-MM-DD, or the year alone, which is all that many older papers tell.
    """

    kind: PersonKind = PersonKind.PERSON
    full_name: Personal[Line]
    id_number: Personal[Line] | None = None
    birth_date: Personal[Line] | None = None
    phone: Personal[Line] | None = None
    email: Personal[Line] | None = None
    address: Personal[FreeText] | None = None
