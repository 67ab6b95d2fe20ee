"""`FreeText`: words that people type. One-time codes and passwords are refused in them, never stored, and neither
are control characters other than tabs and line ends.

Who guides somebody through an online service hears such secrets, and notes are where they would end up. The error
names the kind of secret and repeats nothing of it. Judged without marks and case: "MẬT KHẨU" is "mat khau". A refusal
too many costs a rewording, a secret let through cannot be taken back; what has to pass all the same are phone
numbers, identity numbers, dates, years and case codes, and a secret spoken of without its value ("quên mật khẩu").
"""

import re
import unicodedata
from enum import StrEnum
from typing import Annotated, Final

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

SECRET_ERROR: Final = "secret_not_accepted"  # noqa: S105 - a name
"""pydantic's type of the error; callers are told the refusal `secret-not-accepted`."""


class SecretKind(StrEnum):
    """What a text carries that nobody may keep."""

    ONE_TIME_CODE = "one-time code"
    PASSWORD = "password"  # noqa: S105 - the word, not one


_WORDS_VI = {SecretKind.ONE_TIME_CODE: "mã xác thực (OTP)", SecretKind.PASSWORD: "mật khẩu"}

# Four to eight digits that are no part of a longer number, a date, a case code or a spaced phone number.
_CODE = r"(?<![\w])(?<!\d[ .\-/])(?:\d{4,8}|\d{3}[ -]\d{3})(?![ .\-/]?\d)(?!\w)"
_ONE_TIME = (
    r"\b(?:otp|ma (?:so )?(?:otp|xac thuc|xac minh|xac nhan|kich hoat|bao mat|dang nhap)"
    r"|(?:verification|security|authentication|confirmation|login|one[- ]time) (?:code|pass(?:word|code)))\b"
)
# Words after which a number is something else.
_OTHER_NUMBER = (
    r"(?:nam|ngay|thang|luc|sau|den|toi so|goi|tong dai|dai|hotline|sdt|dien thoai|cccd|cmnd|ho so|phien ban|quyen|tang"
    r"|year|call|phone|room|phong)"
)
_GAP = rf"(?:[\s:=–\-\"'“”(>]|(?<![a-z])(?!{_OTHER_NUMBER}\b)[a-z]+(?![a-z]))"
_AFTER = re.compile(rf"{_ONE_TIME}(?:{_GAP}){{0,30}}?{_CODE}")
_BEFORE = re.compile(rf"{_CODE}[\s:=–\-\"'“”)]*(?:(?:la|is)\s+)?(?:(?:your|the|my|so|cai|chinh)\s+)*{_ONE_TIME}")
_BARE_CODE = re.compile(r"\s*\d{6}\s*")

_PASSWORD = r"\b(?:mat khau|mat ma|password|passcode|passwd|pwd|pass|mk|ma pin|pin)"  # noqa: S105
_WHOSE = r"(?:\s+(?:cua|ban|toi|ong|ba|em|anh|chi|co|bac|moi|cu|vneid|zalo|email|wifi|dang nhap|cap \d|muc \d)\b){0,4}"
# After a colon, an equals sign, "là" or "is", nearly everything is a value; after nothing, only what looks like one.
_TOLD = re.compile(rf"{_PASSWORD}{_WHOSE}\s*(?:(?:[:=]|->|→)+|\s(?:la|is)\b\s*:?)\s*[\"'“(]?(\S+)(.?)")
_BESIDE = re.compile(rf"{_PASSWORD}(?<!pin){_WHOSE}\s+[\"'“(]?(\S+)")
_PIN = re.compile(r"\b(?:ma )?pin\s+(\d{4}|\d{6}|\d{8})(?!\s*(?:mah|\w|[.\-/]?\d))")
_OF_A_SENTENCE = (
    "bi can chua co con da dang den doi duoc gi gui hay hoi hong khong khoa lai loi mat moi nao nen phai quen roi sai "
    "se tao thay thi tu va vi viec rieng forgotten forgot lost reset changed wrong not unknown the a what to"
)
_NO_VALUE = frozenset(_OF_A_SENTENCE.split())
_INNOCENT = re.compile(
    r"(?:\+?\d{9,13}"  # phone, identity and tax numbers
    r"|\d{1,4}[./-]\d{1,2}(?:[./-]\d{2,4})?"  # dates
    r"|h\d{2}[.\d-]+"  # case codes
    r"|vneid|.*@[\w-]+\.[\w.-]+)[.,;:!?)\"”]*"
)


def secret_in(text: str) -> SecretKind | None:
    """The kind of secret that a text carries; None: none that can be told."""
    plain = _plain(text)
    if _BARE_CODE.fullmatch(plain) or _AFTER.search(plain) or _BEFORE.search(plain):
        return SecretKind.ONE_TIME_CODE
    if _PIN.search(plain):
        return SecretKind.PASSWORD
    if any(_is_value_told(found[1], plain[found.end(1) :]) for found in _each(_TOLD, plain)):
        return SecretKind.PASSWORD
    if any(_is_value_beside(found[1]) for found in _each(_BESIDE, plain)):
        return SecretKind.PASSWORD
    return None


def _each(pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    """Every place where a pattern begins, also inside of what it matched before ("mật khẩu pass: x")."""
    found, at = [], 0
    while match := pattern.search(text, at):
        found.append(match)
        at = match.start() + 1
    return found


def _is_value_told(token: str, rest: str) -> bool:
    word = token.strip(".,;:!?()\"'“”")
    if not word:
        return False
    if not word.isalpha():
        return True
    if word in _NO_VALUE:
        return False
    # Vietnamese is written in syllables of seven letters at most; a word that stands alone is no sentence either.
    alone = token[-1] in ".,;!?)\"'”" or not rest.strip() or rest.lstrip()[:1] in ".,;("
    return len(word) > 7 or alone


def _is_value_beside(token: str) -> bool:
    if _INNOCENT.fullmatch(token):
        return False
    word = token.strip(".,;:!?()\"'“”")
    digits = sum(letter.isdigit() for letter in word)
    return (len(word) >= 4 and digits >= 1 and (digits >= 4 or not word.isdigit())) or (
        len(word) >= 4 and bool(re.search(r"\w[@#$%^&*!]\w|[#$%^&*]", word))
    )


def _plain(text: str) -> str:
    """Lower case without marks; one space for any run of them, and nothing that cannot be seen."""
    decomposed = unicodedata.normalize("NFKD", text).casefold().replace("đ", "d")
    seen = (each for each in decomposed if not unicodedata.category(each).startswith(("M", "Cf")))
    digits = (str(unicodedata.digit(each)) if each.isdigit() else each for each in seen)
    return " ".join("".join(digits).split())


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def control_in(text: str) -> str | None:
    """The first control character that is no tab and ends no line, by its number (U+0000); None: there is none."""
    found = _CONTROL.search(text)
    return f"U+{ord(found[0]):04X}" if found else None


def check_free_text(text: str) -> str:
    """The text itself. PydanticCustomError (a ValueError): it carries a control character, or a secret, which the error
    does not repeat."""
    if (control := control_in(text)) is not None:
        raise PydanticCustomError(
            "control_character",
            "the control character {number} cannot be kept; take it out",
            {"number": control, "vi": f"ký tự điều khiển {control} không lưu được; hãy xóa đi"},
        )
    kind = secret_in(text)
    if kind is not None:
        raise PydanticCustomError(
            SECRET_ERROR,
            "the text carries a {kind_en}; take it out, no secret is kept here",
            {"kind_en": str(kind), "kind_vi": _WORDS_VI[kind]},
        )
    return text


FreeText = Annotated[str, Field(max_length=4_000), AfterValidator(check_free_text)]
