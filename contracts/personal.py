"""`Personal[...]` marks a field that says something about a person.

Events may not carry such fields (a test walks every contract); commands and queries may, since no stream
keeps them. Whatever logs or traces a message shows `masked(message)` instead of the message.
"""

from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel
from pydantic.fields import FieldInfo

T = TypeVar("T")


class PersonalMarker:
    """The annotation behind `Personal`; equal to every other instance of itself."""

    def __repr__(self) -> str:
        return "Personal"


PERSONAL: Final = PersonalMarker()
Personal = Annotated[T, PERSONAL]

MASK: Final = "•••"


def is_personal(field: FieldInfo) -> bool:
    """Whether a model's field was declared `Personal[...]`."""
    return any(isinstance(item, PersonalMarker) for item in field.metadata)


def masked(message: BaseModel) -> dict[str, Any]:
    """The message as a dict in which each personal field, at any depth, is replaced by a mask."""
    shown: dict[str, Any] = {}
    for name, field in type(message).model_fields.items():
        value = getattr(message, name)
        shown[name] = MASK if is_personal(field) and value is not None else _masked_value(value)
    return shown


def _masked_value(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return masked(value)
    if isinstance(value, list | tuple):
        return [_masked_value(item) for item in value]
    if isinstance(value, dict):
        return {key: _masked_value(item) for key, item in value.items()}
    return value
