"""Looking after the reference data: draft, publish, withdraw."""

from uuid import UUID

from pydantic import Field

from contracts.envelope import Message
from contracts.intake.catalogue import DocumentStatus, ReferenceKind


class DraftReference(Message):
    """Keep a document as a draft. It is judged whole; nothing changes for cases until it is published.

    `content` is the file's text, at most 900,000 bytes of UTF-8.
    """

    kind: ReferenceKind
    content: str
    note: str = Field(min_length=1, max_length=1_000)


class ReferenceChange(Message):
    """One entry of a document that differs: its key and name, and what differs (`limit 3 → 5`)."""

    entry: str
    details: list[str]


class ReferenceDiff(Message):
    """What a document changes against the one in force; the lists may be shortened, the counts are not."""

    added: int
    changed: int
    removed: int
    added_entries: list[str]
    changed_entries: list[ReferenceChange]
    removed_entries: list[str]


class ReferenceDrafted(Message):
    """A draft is kept. `base`: the version it is compared with, and the only one it can follow; None: the first."""

    kind: ReferenceKind
    version: int
    base: int | None = None
    diff: ReferenceDiff


class PublishReference(Message):
    """Put a draft in force. The command's `expected_version` is the published version that the sender saw.

    `note` says why, where that differs from the draft's note.
    """

    kind: ReferenceKind
    version: int = Field(ge=1)
    note: str = Field(default="", max_length=1_000)


class WithdrawDraft(Message):
    """Give a draft up; it stays to be read."""

    kind: ReferenceKind
    version: int = Field(ge=1)


class ReferenceMoved(Message):
    """A document after publishing or withdrawing. `events`: entries told anew; `recompute`: deadlines that may move."""

    kind: ReferenceKind
    version: int
    status: DocumentStatus
    events: int = 0
    recompute: UUID | None = None
