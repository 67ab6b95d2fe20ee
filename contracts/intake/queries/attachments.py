"""What can be asked of a case's files."""

from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.envelope import Message
from contracts.intake.commands.attachments import PIECE_BYTES, AttachmentKind
from contracts.personal import Personal
from contracts.roles import Role


class Attachments(Message):
    """The files kept of a case, under names that name nobody: what they are, and their number."""

    case_id: UUID


class ListAttachments(Message):
    """The files kept of a case, under the names that they were sent under: that is written to the case's audit."""

    case_id: UUID


class AttachmentView(Message):
    """A file that is kept; `size` in bytes.

    `named`: `name` is the one it was sent under. Else it is what the file is and its number (`giay-to-2.pdf`): nobody
    asked for the other one, or it was erased with the data of whoever's case it is, and the file with it.
    """

    attachment_id: UUID
    name: Personal[str]
    named: bool = False
    media_type: str
    kind: AttachmentKind
    size: int
    digitised_by: Role
    kept_at: AwareDatetime


class AttachmentsView(Message):
    """A case's files, oldest first."""

    attachments: list[AttachmentView]


class AttachmentPiece(Message):
    """The bytes of a file from `offset` on."""

    attachment_id: UUID
    offset: int = Field(default=0, ge=0)
    length: int = Field(default=PIECE_BYTES, ge=1, le=PIECE_BYTES)


class AttachmentPieceView(Message):
    """A piece (base64) of a file of `size` bytes; an empty one stands behind the end."""

    offset: int
    size: int
    content: Personal[str]
