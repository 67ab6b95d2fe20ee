"""Who a case is for: details brought into one form, and refused by field where they cannot be meant.

Pure. No refusal repeats the value: what is refused may be somebody's all the same.
"""

import json
import re
import unicodedata
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from typing import Any

from contracts.intake.people import PersonDetails, PersonKind
from contracts.intake.refusals import IntakeRefusal
from contracts.refusals import CommonRefusal, Refused, refuse

_ID_DIGITS = frozenset({9, 10, 12, 13})
_PASSPORT = re.compile(r"(?=.*\d)(?=.*[A-Z])[A-Z0-9]{6,12}")
_HOME_PHONE = re.compile(r"0\d{9,10}")
_FOREIGN_PHONE = re.compile(r"\+[1-9]\d{6,14}")
_EMAIL = re.compile(r"[^\s@<>,;]{1,64}@[^\s@<>,;]{1,190}\.[^\s@<>,;.]{2,63}")
_EARLIEST_BIRTH = 1890
_TONES = "\u0300\u0301\u0303\u0309\u0323"
_BIRTH = re.compile(r"\d{4}(-\d{2}-\d{2})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Applicant:
    """Details in one form. `birth_date`: ISO, or the year alone."""

    kind: PersonKind
    full_name: str
    id_number: str | None = None
    birth_date: str | None = None
    phone: str | None = None
    email: str | None = None
    address: str | None = None

    @classmethod
    def told(cls, details: PersonDetails, today: date) -> "Applicant":
        """The applicant that details tell of. Refused: a field that cannot be meant, by its name."""
        return cls(
            details.kind,
            name(details.full_name),
            id_number(details.id_number) if details.id_number else None,
            birth_date(details.birth_date, today) if details.birth_date else None,
            phone(details.phone) if details.phone else None,
            email(details.email) if details.email else None,
            _spaced(details.address) or None if details.address else None,
        )

    def details(self) -> PersonDetails:
        """The same, to be shown."""
        return PersonDetails(**asdict(self))

    def to_bytes(self) -> bytes:
        """What is sealed: what is known, as JSON."""
        return json.dumps({k: v for k, v in asdict(self).items() if v is not None}, ensure_ascii=False).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Applicant":
        known: dict[str, Any] = json.loads(data)
        own = {field.name for field in fields(cls)}
        return cls(**{k: v for k, v in known.items() if k in own} | {"kind": PersonKind(known["kind"])})

    def identifiers(self) -> dict[str, str]:
        """What people are searched by, by kind: equal for the same person however it was written."""
        found = {}
        if self.id_number:
            found["id"] = self.id_number
        if self.phone:
            found["phone"] = self.phone
        if self.birth_date:
            found["name-birth"] = name_and_birth(self.full_name, self.birth_date)
        return found


def merged(known: Applicant, told: Applicant, *, newer: bool) -> Applicant:
    """What is known together with what is told: where both say something, the newer counts.

    Refused: another name under the same identity number. It may be a slip in the number, and would make somebody else
    of a person who is known; whoever did change their name is corrected first.
    """
    if same_name(known.full_name) != same_name(told.full_name):
        raise _mismatch()
    first, second = (told, known) if newer else (known, told)
    values = {f.name: getattr(first, f.name) or getattr(second, f.name) for f in fields(Applicant)}
    return replace(known, **values)


def may_be_same(known: Applicant, told: Applicant) -> bool:
    """Whether nothing speaks against these being one person: not the name, and not the identity number; where one of
    them lacks that, not the phone number either."""
    if same_name(known.full_name) != same_name(told.full_name):
        return False
    if known.id_number and told.id_number:
        return known.id_number == told.id_number
    return not known.phone or not told.phone or known.phone == told.phone


def name(text: str) -> str:
    """A name in one form. Refused: without a letter."""
    found = _spaced(text)
    if not any(letter.isalpha() for letter in found):
        raise _invalid("full_name", "Họ tên phải có chữ.", "A name has letters.")
    return found


def id_number(text: str) -> str:
    """An identity number in one form. Refused: of no known one."""
    found = re.sub(r"[\s.\-]", "", _digits(text)).upper()
    if not (found.isdigit() and len(found) in _ID_DIGITS) and not _PASSPORT.fullmatch(found):
        raise _invalid(
            "id_number",
            "Số giấy tờ phải là CCCD 12 số, CMND 9 số, mã số thuế 10 hoặc 13 số, hoặc số hộ chiếu có chữ và số.",
            "An identity number is a CCCD of 12 digits, a CMND of 9, a tax code of 10 or 13, or a passport number.",
        )
    return found


def birth_date(text: str, today: date) -> str:
    """A birth date or year in ISO form; day/month/year is taken as well. Refused: no such day, or not yet come."""
    found = _digits(text).strip()
    if parts := re.fullmatch(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})", found):
        found = f"{parts[3]}-{int(parts[2]):02d}-{int(parts[1]):02d}"
    try:
        if not _BIRTH.fullmatch(found):
            raise ValueError
        born = date.fromisoformat(found if len(found) > 4 else f"{found}-01-01")
    except ValueError:
        born = None
    if born is None or born > today or born.year < _EARLIEST_BIRTH:
        raise _invalid(
            "birth_date",
            "Ngày sinh phải là một ngày có thật, không ở tương lai: 1958-09-02, 02/09/1958, hoặc chỉ năm 1958.",
            "A birth date is a real day that has come: 1958-09-02, 02/09/1958, or the year 1958 alone.",
        )
    return found


def phone(text: str) -> str:
    """A phone number in one form: 0912345678, or +CCC... for one abroad. Refused: none."""
    found = re.sub(r"[\s.\-()]", "", _digits(text))
    found = re.sub(r"^(\+84|0084)0?", "0", found)
    if not _HOME_PHONE.fullmatch(found) and not _FOREIGN_PHONE.fullmatch(found):
        raise _invalid(
            "phone",
            "Số điện thoại phải có 10 hoặc 11 số bắt đầu bằng 0, hoặc +mã nước với số ở nước ngoài.",
            "A phone number has 10 or 11 digits beginning with 0, or + and the country's code for one abroad.",
        )
    return found


def email(text: str) -> str:
    """An e-mail address in lower case. Refused: none."""
    found = unicodedata.normalize("NFC", text).strip().lower()
    if not _EMAIL.fullmatch(found):
        raise _invalid("email", "Thư điện tử không đúng dạng ten@mien.vn.", "An e-mail address reads name@domain.vn.")
    return found


def search(
    number: str | None, phone_number: str | None, full_name: str | None, born: str | None, today: date
) -> tuple[str, str]:
    """What to search by: its kind and its form. Refused: not one of the three ways to search."""
    ways = [number is not None, phone_number is not None, full_name is not None or born is not None]
    if sum(ways) == 1:
        if number is not None:
            return "id", id_number(number)
        if phone_number is not None:
            return "phone", phone(phone_number)
        if full_name is not None and born is not None:
            return "name-birth", name_and_birth(name(full_name), birth_date(born, today))
    raise refuse(
        CommonRefusal.INVALID,
        "Tìm bằng đúng một cách: số giấy tờ, số điện thoại, hoặc họ tên cùng ngày sinh.",
        "Search in exactly one way: identity number, phone number, or full name together with birth date.",
        field="id_number",
    )


def name_and_birth(full_name: str, born: str) -> str:
    """Equal for "Hoà" and "Hòa": where the tone stands in a syllable is a matter of school, not of the name."""
    syllables = []
    for syllable in unicodedata.normalize("NFD", full_name).casefold().split():
        tones = "".join(each for each in syllable if each in _TONES)
        syllables.append("".join(each for each in syllable if each not in _TONES) + tones)
    return f"{' '.join(syllables)}|{born}"


def same_name(full_name: str) -> str:
    """Equal for a name with and without its marks: many systems cannot write them."""
    plain = unicodedata.normalize("NFD", full_name).casefold().replace("đ", "d")
    return " ".join("".join(each for each in plain if not unicodedata.category(each).startswith("M")).split())


def _spaced(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _digits(text: str) -> str:
    """Digits of every script as 0-9, and full-width letters as plain ones."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(str(unicodedata.digit(each)) if each.isdigit() else each for each in plain)


def _invalid(field: str, vi: str, en: str) -> Refused:
    return refuse(CommonRefusal.INVALID, vi, en, field=field)


def _mismatch() -> Refused:
    return refuse(
        IntakeRefusal.PERSON_MISMATCH,
        "Số giấy tờ này đã ghi với họ tên khác. Hãy xem lại số; nếu người đó đổi tên, hãy đính chính trước.",
        "This identity number is on record with another name. Check it; where the name changed, correct that first.",
        field="full_name",
    )
