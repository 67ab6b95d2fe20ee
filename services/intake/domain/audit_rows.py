"""What the rows of fees, files, visits, ratings and complaints say, as the audit digests it. Pure.

Each of these rows has a chain of its own: whenever a use case saves it, an entry there tells who, by which command, and
the digest of the whole row (`to_state` names its table). So a row changed or removed without an entry is found.
"""

import json
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

from pydantic import BaseModel

from services.intake.domain.attachments import Attachment
from services.intake.domain.audit import Entry, digest_of
from services.intake.domain.feedback import Complaint, Rating
from services.intake.domain.fees import Fee
from services.intake.domain.visits import Visit

_TABLE: dict[type, str] = {
    Fee: "fee",
    Attachment: "attachment",
    Visit: "visits",
    Rating: "ratings",
    Complaint: "complaints",
}
TABLES = frozenset(_TABLE.values())
_LEFT_OUT = {"attachment": frozenset({"received", "content_mac"})}
"""The keyed digest of a content goes when its person is erased; how much arrived says nothing once it is kept."""


class Row(Protocol):
    """What has an id; most have a version as well."""

    @property
    def id(self) -> UUID: ...


def table_of(row: Row) -> str:
    """The table that a row stands in. KeyError: it is none of these rows."""
    return _TABLE[type(row)]


def digest(row: Row) -> bytes:
    """The digest of all that a row says, column by column."""
    left_out = _LEFT_OUT.get(table_of(row), frozenset())
    told = {each.name: getattr(row, each.name) for each in fields(row) if each.name not in left_out}  # type: ignore[arg-type]
    return digest_of((table_of(row), json.dumps(told, default=_word, ensure_ascii=False)))


def words(reason: str, items: Any = ()) -> str | None:
    """A move's reason and single points as its entry tells them, a line each; None: nothing was said."""
    return "\n".join(each for each in (reason.strip(), *items) if each) or None


def about_row(entry: Entry) -> bool:
    """Whether an entry's digest is that of a row."""
    return entry.to_state in TABLES and not entry.events and entry.from_version == entry.to_version


def _word(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return str(value)
