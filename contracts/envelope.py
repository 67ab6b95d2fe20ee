"""What every message is wrapped in: events for the streams, calls (commands, queries) and their replies.

An event is a CloudEvents 1.0 event in the JSON format. Attributes beyond the standard ones are CloudEvents
extensions, hence lower case without separators.
"""

from functools import cache
from typing import Any, ClassVar, Generic, Literal, Self, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from contracts.roles import Role

Data = TypeVar("Data", bound=BaseModel)
Result = TypeVar("Result", bound=BaseModel)


class Message(BaseModel):
    """Base of everything on the bus: immutable, and unknown fields are ignored, because additions are allowed.

    Events and replies leave out what is None, so a field of theirs that may be None has None as its default.
    An error over a message does not quote what it carries. Validators are built at first use: no process needs them
    all, and a command line would wait for them.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, defer_build=True)

    judges_nul: ClassVar[bool] = False
    """Whether who is called judges NUL characters in this data alone, because one does not cost all of it."""

    @classmethod
    def judged(cls, **values: Any) -> Self:
        """A message of values that were judged already: neither validated nor copied, as an import makes thousands.

        Like `model_construct`, at a quarter of its cost. What has no plain default has to be given.
        """
        made = cls.__new__(cls)
        object.__setattr__(made, "__dict__", _blank(cls) | values)
        object.__setattr__(made, "__pydantic_fields_set__", set(values))
        object.__setattr__(made, "__pydantic_extra__", None)
        object.__setattr__(made, "__pydantic_private__", None)
        return made


@cache
def _blank(kind: type[BaseModel]) -> dict[str, Any]:
    """Every field of a message in its order, with its default or else None."""
    return {name: None if field.is_required() else field.default for name, field in kind.model_fields.items()}


class Event(Message, Generic[Data]):
    """A fact that happened to one entity; it takes effect once, and in order per entity.

    `subject` is the entity's id and `entityversion` counts the entity's events from 1 without gaps.
    `type` and `dataschema` come from `topology`; `province` is a two-digit code, `00` where there is none.
    """

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    source: str
    type: str
    subject: UUID
    time: AwareDatetime
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: str
    province: str = Field(pattern=r"^\d{2}$")
    entityversion: int = Field(ge=1)
    correlationid: UUID
    traceparent: str | None = None
    data: Data


class Actor(Message):
    """Who acts, as the sender of a call has established it. `id` is an account's or program's id, never a name."""

    id: str = Field(min_length=1, max_length=100)
    role: Role


class Call(Message, Generic[Data]):
    """What commands and queries share. The answer is of no use after `deadline`; nothing is done then."""

    id: UUID
    actor: Actor
    deadline: AwareDatetime
    correlation_id: UUID
    traceparent: str | None = None
    data: Data


class Command(Call[Data], Generic[Data]):
    """A wish to change something. The same `id` again gets the first answer again.

    `expected_version` is the version of the entity that the sender decided on; None for a command that
    creates, or that concerns no single entity.
    """

    expected_version: int | None = Field(default=None, ge=0)


class Query(Call[Data], Generic[Data]):
    """A question; it changes nothing and is not remembered."""


class Refusal(Message):
    """Why a call was not carried out: a stable code for programs, and words for people in both languages."""

    code: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    message_vi: str
    message_en: str
    field: str | None = None
    details: dict[str, Any] = Field(default_factory=dict)


class Reply(Message, Generic[Result]):
    """The answer to a call: either a result or a refusal."""

    result: Result | None = None
    refusal: Refusal | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.result is None) == (self.refusal is None):
            raise ValueError("a reply carries either a result or a refusal")
        return self


class Nothing(Message):
    """The data of a query without parameters, or the result of a command that has nothing to tell."""
