"""Papers of a case as files, sent in pieces: begin, add pieces in order, finish."""

from enum import StrEnum
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.envelope import Message
from contracts.intake.commands.cases import Reason
from contracts.personal import Personal

PIECE_BYTES = 512_000
"""The most that one piece carries, before base64."""


class AttachmentKind(StrEnum):
    """What a file is to its case."""

    PAPER = "paper"
    RESULT = "result"
    OTHER = "other"


class BeginAttachment(Message):
    """Announce a file: its size in bytes and the SHA-256 (hex) of its content, which the finished file must have.

    Sent again, whatever the id, an unfinished one of the same case and content goes on where it stopped.
    """

    attachment_id: UUID
    case_id: UUID
    name: Personal[str] = Field(min_length=1, max_length=255)
    media_type: str = Field(max_length=100)
    size: int = Field(ge=1)
    sha256: Personal[str] = Field(pattern=r"^[0-9a-f]{64}$")
    kind: AttachmentKind = AttachmentKind.PAPER


class AddAttachmentPiece(Message):
    """The bytes (base64) from `offset` on. One that has arrived already is answered in the same way again."""

    attachment_id: UUID
    offset: int = Field(ge=0)
    content: Personal[str] = Field(min_length=4, max_length=4 * (PIECE_BYTES // 3 + 1))


class FinishAttachment(Message):
    """Check size, content and type of what arrived, and keep it."""

    attachment_id: UUID


class RemoveAttachment(Message):
    """Take a file away that should not be there, and say why: it stands in the case's audit."""

    attachment_id: UUID
    reason: Reason = ""


class AttachmentProgress(Message):
    """How much has arrived; `kept_at` once the file is whole and kept.

    `attachment_id` is another than was asked for where the case has, or is getting, that content already.
    """

    attachment_id: UUID
    received: int
    size: int
    kept_at: AwareDatetime | None = None
    removed_at: AwareDatetime | None = None
