"""`Personal[...]` marks a field that says something about a person.

Events may not carry such fields (a test walks every contract); commands and queries may, since no stream
keeps them. Whatever logs or traces a message shows `masked(message)` instead of the message.

The mark may stand anywhere in a field's type: `Personal[str]`, `Personal[str] | None`, `list[Personal[str]]`.
The whole field then counts as personal.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar, get_args, get_origin

from pydantic import BaseModel, GetJsonSchemaHandler
from pydantic.fields import FieldInfo

T = TypeVar("T")


@dataclass(frozen=True)
class PersonalMarker:
    """The annotation behind `Personal`; equal to every other instance of itself."""

    def __repr__(self) -> str:
        return "Personal"

    def __get_pydantic_json_schema__(self, core_schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Readers of the JSON Schema are told as well: `"x-personal": true`."""
        return handler(core_schema) | {"x-personal": True}


PERSONAL: Final = PersonalMarker()
Personal = Annotated[T, PERSONAL]

MASK: Final = "•••"


def is_personal(field: FieldInfo) -> bool:
    """Whether a model's field was declared `Personal[...]`, as a whole or in a part of its type.

    Models inside the type do not count: their fields are judged by themselves, see `personal_fields`.
    """
    # pydantic moves an outermost mark to the metadata, and leaves one inside a union or a list where it is.
    found = [*field.metadata, *_parts(field.annotation)]
    return any(isinstance(item, PersonalMarker) for item in found)


def personal_fields(model: type[BaseModel]) -> Iterator[str]:
    """The path of every personal field of a model and of the models inside it, e.g. `data.applicant.phone`."""
    yield from _personal_fields(model, ())


def masked(message: BaseModel) -> dict[str, Any]:
    """The message as a dict in which each personal field, at any depth, is replaced by a mask."""
    shown: dict[str, Any] = {}
    for name, field in type(message).model_fields.items():
        value = getattr(message, name)
        shown[name] = MASK if is_personal(field) and value is not None else _masked_value(value)
    return shown


def _personal_fields(model: type[BaseModel], above: tuple[type[BaseModel], ...]) -> Iterator[str]:
    if model in above:  # a model that contains itself
        return
    for name, field in model.model_fields.items():
        if is_personal(field):
            yield name
            continue
        for part in _parts(field.annotation):
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from (f"{name}.{inner}" for inner in _personal_fields(part, (*above, model)))


def _parts(annotation: object) -> Iterator[object]:
    """A type, everything it is put together from, and what annotates these."""
    yield annotation
    if hasattr(annotation, "__value__"):  # `type Name = ...`
        yield from _parts(annotation.__value__)
    if get_origin(annotation) is Annotated:
        yield from get_args(annotation)[1:]
    for argument in get_args(annotation):
        yield from _parts(argument)


def _masked_value(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return masked(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked_value(item) for item in value]
    if isinstance(value, dict):
        return {key: _masked_value(item) for key, item in value.items()}
    return value
