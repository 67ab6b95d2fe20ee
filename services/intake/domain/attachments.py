"""Which files a case may have: names, sizes and types. What a file is, its bytes say, not its name."""

import io
import re
import unicodedata
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import puremagic

from contracts.intake.commands.attachments import AttachmentKind
from contracts.intake.refusals import IntakeRefusal
from contracts.refusals import CommonRefusal, Refused, refuse
from contracts.roles import Role

_OOXML = "application/vnd.openxmlformats-officedocument."
_ODT = "application/vnd.oasis.opendocument.text"
_MEMBERS: Mapping[str, frozenset[str]] = {
    _OOXML + "wordprocessingml.document": frozenset({"[Content_Types].xml", "word/document.xml"}),
    _OOXML + "spreadsheetml.sheet": frozenset({"[Content_Types].xml", "xl/workbook.xml"}),
    _ODT: frozenset({"mimetype", "content.xml"}),
}
TYPES: Mapping[str, str] = {
    ".pdf": "application/pdf",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".heic": "image/heif",
    ".heif": "image/heif",
    ".docx": _OOXML + "wordprocessingml.document",
    ".xlsx": _OOXML + "spreadsheetml.sheet",
    ".odt": _ODT,
}
"""What may be attached, by the ending of its name."""

_STARTS = {"application/pdf": b"%PDF-", "image/heif": None}
_MACROS = ("vbaproject.bin", "basic/", "scripts/")
_MOST_MEMBERS = 5_000
_LARGEST_UNPACKED = 300_000_000
_HIGHEST_RATIO = 200


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a case; sizes in bytes. Whole and kept once `kept_at` is set.

    A name may say whose case it is, and is sealed under the file's own key: it goes with the key.
    `content_mac`: a keyed digest of the content; None once whoever's case it is was erased.
    """

    id: UUID
    case_id: UUID
    sealed_name: bytes
    media_type: str
    kind: AttachmentKind
    size: int
    content_mac: bytes | None
    wrapped_key: bytes
    digitised_by: Role
    begun_at: datetime
    received: int = 0
    stored_sha256: str | None = None
    kept_at: datetime | None = None
    removed_at: datetime | None = None
    removed_by: str | None = None


_NEUTRAL = {AttachmentKind.PAPER: "giay-to", AttachmentKind.RESULT: "ket-qua", AttachmentKind.OTHER: "tep"}


def neutral_name(file: Attachment, number: int) -> str:
    """A name that names nobody: what the file is to its case, its number there, and its type, e.g. `giay-to-2.pdf`."""
    ending = next((ending for ending, media_type in TYPES.items() if media_type == file.media_type), "")
    return f"{_NEUTRAL[file.kind]}-{number}{ending}"


def clean_name(name: str) -> str:
    """The file's own name without folders, marks that cannot be seen, and what file systems dislike."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    shown = "".join("_" if each in '<>:"|?*' else each for each in last if unicodedata.category(each)[0] != "C")
    return " ".join(shown.split()).strip(". ")[:150] or "giay-to"


def check_wish(name: str, media_type: str, size: int, largest: int) -> str:
    """The media type to expect. Refused: a type that may not be attached, or is not its name's; too large.

    The name is not repeated: refusals are kept with their commands, in the clear.
    """
    media_type = "image/heif" if media_type == "image/heic" else media_type
    ending = re.search(r"\.[A-Za-z0-9]+$", name)
    by_name = TYPES.get(ending.group().lower()) if ending else None
    if media_type not in TYPES.values() or by_name != media_type:
        raise wrong_type(
            f"Tệp khai là {media_type} không được nhận; nhận PDF, JPEG, PNG, TIFF, HEIC, DOCX, XLSX, ODT, "
            "đuôi tên tệp phải đúng loại.",
            f"A file told to be {media_type} is not taken; PDF, JPEG, PNG, TIFF, HEIC, DOCX, XLSX and ODT are, "
            "under a name that ends as its type does.",
        )
    if size > largest:
        raise too_large(size, largest)
    return media_type


def check_content(media_type: str, content: bytes) -> None:
    """Refused: the bytes are not of this type, are something else as well, or hide more than they show."""
    try:
        found = {each.mime_type for each in puremagic.magic_string(content)}
    except (puremagic.PureError, ValueError):
        found = set()
    start = _STARTS.get(media_type)
    if media_type not in found or (start and not content.startswith(start)):
        raise wrong_type(
            f"Nội dung tệp không phải {media_type}; hãy quét hoặc lưu lại đúng loại.",
            f"The file's content is not {media_type}; scan or save it again as that.",
        )
    if media_type in _MEMBERS:
        _check_package(media_type, content)
    elif zipfile.is_zipfile(io.BytesIO(content)):
        raise wrong_type(
            "Trong tệp có gắn thêm một tệp nén; hãy quét hoặc lưu lại.",
            "Another archive is hung on to the file; scan or save it again.",
        )


def _check_package(media_type: str, content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            members = package.infolist()
            names = {each.filename for each in members}
            # A bomb tells its size: nothing is unpacked but the few bytes that name the type of an ODT.
            told = (
                package.read("mimetype") if media_type == _ODT and package.getinfo("mimetype").file_size < 100 else b""
            )
    except (zipfile.BadZipFile, KeyError, ValueError, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise wrong_type("Tệp bị hỏng, không mở được.", "The file is damaged and cannot be opened.") from error
    unpacked = sum(each.file_size for each in members)
    if (
        len(members) > _MOST_MEMBERS
        or unpacked > _LARGEST_UNPACKED
        or unpacked > _HIGHEST_RATIO * len(content)
        or any(each.flag_bits & 1 for each in members)
    ):
        raise wrong_type(
            "Tệp nén bất thường (quá nhiều, quá lớn khi mở, hoặc có mật khẩu).",
            "An unusual package: too many parts, too large when opened, or with a password.",
        )
    lower = [name.lower() for name in names]
    if not names >= _MEMBERS[media_type] or (media_type == _ODT and told.strip() != _ODT.encode()):
        raise wrong_type(f"Nội dung tệp không phải {media_type}.", f"The file's content is not {media_type}.")
    if any(mark in name for name in lower for mark in _MACROS):
        raise wrong_type("Tệp có macro, không được nhận.", "The file has macros and is not taken.")


def reason_to_remove(reason: str) -> str:
    """Why a file is taken away. Refused: nobody says why."""
    if not reason.strip():
        raise refuse(
            IntakeRefusal.REASON_MISSING,
            "Phải ghi lý do gỡ tệp khỏi hồ sơ.",
            "Say why the file is taken away from the case.",
            field="reason",
        )
    return reason.strip()


def wrong_type(vi: str, en: str) -> Refused:
    """The refusal of what a file is."""
    return refuse(IntakeRefusal.WRONG_TYPE, vi, en, field="media_type")


def too_large(size: int, largest: int) -> Refused:
    """The refusal of how large it is, alone or with the case's others; bytes."""
    return refuse(
        CommonRefusal.TOO_LARGE,
        f"{_written(size)[0]}, nhiều nhất {largest / 1e6:.0f} MB; hãy quét với độ phân giải thấp hơn.",
        f"{_written(size)[1]}; {largest / 1e6:.0f} MB at most. Scan with a lower resolution.",
        field="size",
        largest=largest,
    )


def _written(size: int) -> tuple[str, str]:
    """A size that somebody announced, in both languages; what no disk holds is not told in digits."""
    if size >= 10**15:
        return "Hơn 1000 TB", "More than 1000 TB"
    unit, name = (10**12, "TB") if size >= 10**12 else (10**9, "GB") if size >= 10**9 else (10**6, "MB")
    told = f"{size / unit:.1f} {name}"
    return told, told
