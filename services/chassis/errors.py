"""The error tree, and which failures are worth another try.

    ChassisError
    ├── Refused      the business says no: a typed answer for the caller, never retried
    ├── Permanent    the same message would fail again: it becomes a dead letter
    ├── Transient    trying later may help: tried again with delay and without limit
    └── Misconfigured    the process cannot start as it is set up

Anything else is a mistake in our code: tried a few times, then a dead letter.
"""

from enum import Enum

import asyncpg
from contracts.envelope import Refusal
from nats.errors import Error as NatsError
from pydantic import ValidationError


class ChassisError(Exception):
    """Base of the errors that the chassis and the services raise on purpose."""


class Refused(ChassisError):  # noqa: N818 - "Refused" is the word of the domain
    """A command or query is refused, for a reason that the caller is told."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"{refusal.code}: {refusal.message_en}")
        self.refusal = refusal


def refuse(code: str, vi: str, en: str, *, field: str | None = None, **details: object) -> Refused:
    """The error that refuses with this stable code and these words."""
    return Refused(Refusal(code=str(code), message_vi=vi, message_en=en, field=field, details=details))


class Permanent(ChassisError):
    """The message itself is at fault."""


class Transient(ChassisError):
    """The surroundings are at fault."""


class Misconfigured(ChassisError):
    """Settings, secrets or schema are not as they must be; the message says which and what to do."""


class Fault(Enum):
    """Whose fault a failure is."""

    SURROUNDINGS = "transient"
    MESSAGE = "permanent"
    CODE = "unknown"


_SURROUNDINGS = (
    Transient,
    OSError,
    TimeoutError,
    NatsError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.TransactionRollbackError,  # serialisation failure, deadlock
    asyncpg.OperatorInterventionError,  # shutdown, statement cancelled
    asyncpg.InsufficientResourcesError,
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.ReadOnlySQLTransactionError,  # a fail-over in progress
)
_MESSAGE = (
    Permanent,
    ValidationError,
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
)


def fault_of(error: BaseException) -> Fault:
    """Judges a failure by its type."""
    if isinstance(error, _SURROUNDINGS):
        return Fault.SURROUNDINGS
    if isinstance(error, _MESSAGE):
        return Fault.MESSAGE
    return Fault.CODE
