"""The NUL character, which JSON can tell of and PostgreSQL cannot keep, found before anybody tries to.

In JSON it stands as an escape only, so that a look at the raw bytes settles nearly every message; only one that has
those bytes is read for where the character is, and whether it is one (`\\\\u0000` tells of a backslash).
"""

import json
from typing import Any

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

_ESCAPE = b"\\u0000"
_SHOWN = "\N{SYMBOL FOR NULL}"


def refuse_nul(payload: bytes) -> None:
    """ValidationError: a text in this JSON holds a NUL; the error says where, and quotes nothing."""
    # Most messages hold no backslash at all, and a single byte is found ten times faster than several.
    if b"\\" in payload and _ESCAPE in payload and (place := _place(payload)) is not None:
        what = PydanticCustomError(
            "nul_character",
            "a NUL character cannot be kept; take it out",
            {"vi": "ký tự NUL không lưu được; hãy xóa đi"},
        )
        error = InitErrorDetails(type=what, loc=place, input=None)
        raise ValidationError.from_exception_data("message", [error], input_type="json", hide_input=True)


def _place(payload: bytes) -> tuple[str | int, ...] | None:
    """Where a NUL is; None: nowhere, or this is no JSON, which whoever validates it finds out as well."""
    try:
        left: list[tuple[tuple[str | int, ...], Any]] = [((), json.loads(payload))]
    except (ValueError, RecursionError):
        return None
    while left:
        place, value = left.pop()
        if isinstance(value, str) and "\0" in value:
            return place
        if isinstance(value, dict):
            for key in value:
                if "\0" in key:
                    return (*place, key.replace("\0", _SHOWN))
            left.extend(((*place, key), inner) for key, inner in reversed(value.items()))
        elif isinstance(value, list):
            left.extend(((*place, number), inner) for number, inner in reversed(list(enumerate(value))))
    return None
