"""A file's name says whose case it is, perhaps: sealed under the file's key, and a neutral one stands in its place."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from contracts.intake.commands.attachments import AttachmentKind
from contracts.refusals import Refused
from contracts.roles import Role
from services.chassis.ids import uuid7
from services.intake.domain.attachments import Attachment, check_wish, neutral_name, reason_to_remove
from services.intake.domain.vault import Tampered
from services.intake.handlers.file_keys import opened_name, sealed_name

KEY = b"k" * 32
AT = datetime(2025, 7, 1, 1, tzinfo=UTC)
FILE = Attachment(
    uuid7(), uuid7(), b"", "application/pdf", AttachmentKind.PAPER, 5, b"", b"", Role.RECEIVING_OFFICER, AT
)


def test_a_name_opens_under_its_own_file_and_key_only() -> None:
    file = uuid7()
    sealed = sealed_name(KEY, file, "Tờ khai.pdf")
    assert opened_name(KEY, file, sealed) == "Tờ khai.pdf"
    assert sealed != sealed_name(KEY, file, "Tờ khai.pdf")
    for key, whose, what in ((b"x" * 32, file, sealed), (KEY, uuid7(), sealed), (KEY, file, sealed[:-1])):
        with pytest.raises(Tampered):
            opened_name(key, whose, what)


@pytest.mark.parametrize(
    ("kind", "media_type", "name"),
    [
        (AttachmentKind.PAPER, "application/pdf", "giay-to-2.pdf"),
        (AttachmentKind.RESULT, "image/jpeg", "ket-qua-2.jpg"),
        (AttachmentKind.OTHER, "image/heif", "tep-2.heic"),
    ],
)
def test_a_neutral_name_says_what_a_file_is_and_its_number(kind: AttachmentKind, media_type: str, name: str) -> None:
    assert neutral_name(replace(FILE, kind=kind, media_type=media_type), 2) == name


def test_no_refusal_repeats_a_name() -> None:
    with pytest.raises(Refused) as refused:
        check_wish("CCCD-Bí-Mật.pdf", "image/png", 5, 10)
    assert "Bí-Mật" not in refused.value.refusal.model_dump_json()


def test_a_file_is_removed_for_a_reason() -> None:
    assert reason_to_remove(" Nộp nhầm. ") == "Nộp nhầm."
    with pytest.raises(Refused, match="reason-missing"):
        reason_to_remove(" ")
