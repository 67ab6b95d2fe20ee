"""Problems and rosters as JSON files: a fault is told by its place, and a file is written whole or not at all."""

import json
import os
from pathlib import Path
from typing import TypeVar

import click
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

Model = TypeVar("Model", bound=BaseModel)
_SHOWN = 20
_VIETNAMESE = {
    "missing": "thiếu trường này",
    "extra_forbidden": "không có trường này",
    "greater_than_equal": "phải từ {ge} trở lên",
    "less_than_equal": "phải không quá {le}",
    "less_than": "phải nhỏ hơn {lt}",
    "string_too_short": "không được để trống",
    "string_too_long": "dài hơn {max_length} ký tự",
    "too_short": "cần ít nhất {min_length}",
    "too_long": "không quá {max_length}",
    "enum": "phải là một trong: {expected}",
}
_BY_ENDING = {
    "int_": "phải là số nguyên",
    "float_": "phải là số",
    "string_": "phải là chữ",
    "bool_": "phải là true hoặc false",
    "date_": "phải là ngày, ví dụ 2026-03-02",
    "time_": "phải là giờ, ví dụ 07:30",
    "tuple_": "phải là danh sách [ ]",
    "frozen_set_": "phải là danh sách [ ]",
    "dict_": "phải là { }",
    "model_": "phải là { }",
}


def read(file: Path, kind: type[Model]) -> Model:
    """What a file holds. ClickException: no UTF-8 or no JSON, by line and column; else each fault by its field."""
    text = text_of(file)
    try:
        json.loads(text)
        return kind.model_validate_json(text)
    except json.JSONDecodeError as error:
        place = f"{file}, dòng/line {error.lineno}, cột/column {error.colno}"
        raise click.ClickException(f"{place}: không phải JSON / no JSON: {error.msg}") from error
    except RecursionError as error:
        raise click.ClickException(f"{file}: lồng quá sâu / nested too deeply") from error
    except ValidationError as error:
        faults = error.errors(include_url=False)
        lines = [f"  {_told(fault)}" for fault in faults[:_SHOWN]]
        if len(faults) > _SHOWN:
            lines.append(f"  … {len(faults) - _SHOWN} lỗi nữa / more faults")
        raise click.ClickException("\n".join([f"{file}:", *lines])) from error


def text_of(file: Path) -> str:
    """A file's text. ClickException: no UTF-8, by its line."""
    content = file.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise click.ClickException(f"{file}, dòng/line {line}: không phải UTF-8 / no UTF-8") from error


def write(file: Path, text: str) -> None:
    """Writes a file beside it first, so that one who reads it, or a full disk, never leaves half of it."""
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)


def writable(file: Path) -> None:
    """ClickException: there is no such folder. Asked before a long search, not after it."""
    if not file.absolute().parent.is_dir():
        raise click.ClickException(f"{file}: không có thư mục / no folder {file.absolute().parent}")


def _told(fault: ErrorDetails) -> str:
    """`people.3.limits.max_minutes: … / …`; the problem's own checks name their place and both languages themselves."""
    own = fault["type"] == "value_error"
    message = str(fault["ctx"]["error"]) if own else f"{_vietnamese(fault)} / {fault['msg']}"
    place = ".".join(str(each) for each in fault["loc"])
    return f"{place}: {message}" if place else message


def _vietnamese(fault: ErrorDetails) -> str:
    if (known := _VIETNAMESE.get(fault["type"])) is not None:
        return known.format(**fault.get("ctx", {}))
    return next((vi for start, vi in _BY_ENDING.items() if fault["type"].startswith(start)), "giá trị không hợp lệ")
