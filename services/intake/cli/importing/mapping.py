"""The small file that says how an export's columns become a case log: TOML, judged as a whole before any row is read.

`deploy/samples/igate.mapping.toml` shows every key.
"""

import hashlib
import tomllib
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from services.intake.cli.importing.lines import COLUMNS, FIELDS, INSTANTS, BadFile
from services.intake.cli.importing.names import fold

EXCEL, ISO = "excel", "iso"
OPEN = "?"
"""What a suggested mapping says where somebody has to decide."""
_MAY_BE_ABSENT = frozenset({"completed_at", "returned_at"})


def _one_or_more(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _field(value: Any) -> Any:
    if value not in FIELDS:
        raise ValueError(f"không có trường này / no such field; one of: {', '.join(FIELDS)}")
    return value


def _instant(value: Any) -> Any:
    if value not in INSTANTS:
        raise ValueError(f"không phải trường thời điểm / no instant; one of: {', '.join(sorted(INSTANTS))}")
    return value


def _zone(value: Any) -> Any:
    try:
        return ZoneInfo(value)
    except (OSError, ValueError, TypeError, KeyError):
        raise ValueError("không có múi giờ này / no such time zone; such as Asia/Ho_Chi_Minh") from None


def _format(value: str) -> str:
    """Refused here rather than by every row: a pattern that does not read back what it writes."""
    if value in (EXCEL, ISO):
        return value
    try:
        now = datetime(2025, 7, 14, 13, 30)  # noqa: DTZ001 - only the pattern is tried
        if "%" not in value or datetime.strptime(now.strftime(value), value).date() != now.date():  # noqa: DTZ007
            raise ValueError(value)
    except ValueError:
        raise ValueError(
            f"không đọc được ngày nào / reads no date: “{value}”; such as %d/%m/%Y %H:%M, excel, iso"
        ) from None
    return value


Headers = Annotated[list[Annotated[str, Field(min_length=1)]], BeforeValidator(_one_or_more), Field(min_length=1)]
FieldName = Annotated[str, BeforeValidator(_field)]
InstantName = Annotated[str, BeforeValidator(_instant)]
Zone = Annotated[ZoneInfo, BeforeValidator(_zone)]
DateFormat = Annotated[str, BeforeValidator(_format)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Turn(_Strict):
    """What a word of the status column says: which instant stands in which column, and why."""

    field: InstantName | None = None
    source: Headers | None = Field(default=None, alias="from")
    reason: str = ""

    @model_validator(mode="after")
    def _both(self) -> "Turn":
        if (self.field is None) != (self.source is None):
            raise ValueError("cần cả / both are needed: field, from")
        return self


class Status(_Strict):
    """A column with a word for where the case stands."""

    column: Headers
    words: dict[str, Turn]


class Mapping(_Strict):
    """One export's way of telling of cases."""

    encoding: Literal["utf-8", "utf-16", "windows-1258"] = "utf-8"
    separator: Literal[",", ";", "\t", "|"] | None = None
    sheet: str | Annotated[int, Field(ge=1)] = 1
    header_row: int | None = Field(default=None, ge=1)
    zone: Zone | None = None
    dates: list[DateFormat] = Field(default=[ISO], min_length=1)
    columns: dict[FieldName, Headers]
    constants: dict[FieldName, str] = {}
    defaults: dict[FieldName, str] = {}
    times: dict[InstantName, time] = {}
    digits: dict[FieldName, Annotated[int, Field(ge=1, le=20)]] = {}
    decimals: dict[FieldName, Annotated[int, Field(ge=1, le=10)]] = {}
    values: dict[FieldName, dict[str, str]] = {}
    status: Status | None = None
    ignore: list[str] = []

    @model_validator(mode="after")
    def _whole(self) -> "Mapping":
        told = self.columns.keys() | self.constants.keys() | self.defaults.keys()
        problems = []
        if missing := [name for name in COLUMNS if name not in told | _MAY_BE_ABSENT]:
            problems.append(f"thiếu trường / fields that nothing fills: {', '.join(missing)}")
        if both := sorted(self.columns.keys() & self.constants.keys()):
            problems.append(f"vừa là cột vừa là hằng / both column and constant: {', '.join(both)}")
        if open_ := sorted(name for name, value in (self.constants | self.defaults).items() if value.strip() == OPEN):
            problems.append(f"chưa điền, còn “{OPEN}” / still to be filled in, “{OPEN}”: {', '.join(open_)}")
        if self.zone is None and any(each != ISO and "%z" not in each for each in self.dates):
            problems.append("zone: cần cho ngày giờ không có múi giờ / needed for instants without an offset")
        if not_met := sorted(name for name in INSTANTS & self.values.keys()):
            problems.append(f"values: không dùng cho thời điểm / not for instants: {', '.join(not_met)}")
        if problems:
            raise ValueError("; ".join(problems))
        return self


@dataclass(frozen=True)
class MappingFile:
    """A mapping, and the digest of the file that it stands in: rows mapped otherwise are other rows."""

    mapping: Mapping
    digest: str


def load(path: Path) -> MappingFile:
    """The mapping in a file. BadFile: names the file and everything that is wrong in it."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BadFile(f"Không mở được tệp / cannot open {path}: {error.strerror}") from error
    try:
        return MappingFile(parse(raw.decode("utf-8-sig")), hashlib.sha256(raw).hexdigest())
    except UnicodeDecodeError as error:
        raise BadFile(f"Không phải UTF-8 tại byte / not UTF-8 at byte {error.start + 1}: {path}") from error
    except tomllib.TOMLDecodeError as error:
        raise BadFile(f"TOML không đúng / no valid TOML: {path}: {error}") from error
    except ValidationError as error:
        told = "\n".join(f"  {_reason(each)}" for each in error.errors(include_url=False))
        raise BadFile(f"Tệp ánh xạ sai / wrong mapping {path}:\n{told}") from error


def parse(text: str) -> Mapping:
    """The mapping in a text. TOMLDecodeError, ValidationError."""
    return Mapping.model_validate(tomllib.loads(text))


def matching(words: dict[str, str], word: str) -> str:
    """What a word stands for, whatever its case, spaces and accents; itself, if nothing."""
    return words.get(fold(word), word)


def _reason(error: ErrorDetails) -> str:
    place = ".".join(str(part) for part in error["loc"] if part != "[key]")
    reasons = {"extra_forbidden": "không có khóa này / no such key", "missing": "thiếu / is missing"}
    reason = reasons.get(error["type"], error["msg"].removeprefix("Value error, "))
    return f"{place}: {reason}" if place else reason
