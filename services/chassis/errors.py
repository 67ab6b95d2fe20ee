"""The error tree, and which failures are worth another try.

    ChassisError
    ├── Permanent        the same message would fail again: it becomes a dead letter
    │   └── TooLarge     for the bus
    ├── Transient        trying later may help: tried again with delay and without limit
    └── Misconfigured    the process cannot start as it is set up

`contracts.refusals.Refused` stands beside it: the business says no, a typed answer for the caller.
Anything else is a mistake in our code: tried a few times, then a dead letter.
"""

from enum import Enum

import asyncpg
from nats.errors import Error as NatsError
from pydantic import ValidationError


class ChassisError(Exception):
    """Base of the errors that the chassis raises on purpose."""


class Permanent(ChassisError):
    """The message itself is at fault."""


class TooLarge(Permanent):
    """An event that the bus would not take. It must not get into the outbox, where everything would wait behind it."""


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
    asyncpg.InternalClientError,  # asyncpg lost the thread, as when a connection ends amid an answer
    asyncpg.InvalidCachedStatementError,  # a migration changed a table; the statement is prepared anew
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


def known_of(error: BaseException) -> str:
    """What may be told of a failure: its kind and its place in the schema, and no value, which may be somebody's."""
    if isinstance(error, ValidationError):
        first = error.errors(include_input=False, include_context=False, include_url=False)[0]
        return f"{'.'.join(map(str, first['loc'])) or 'data'}: {first['type']}"
    known: list[str | None] = [type(error).__name__]
    if isinstance(error, asyncpg.PostgresError):
        known += [error.table_name, error.column_name, error.constraint_name]  # None where it is not told
    return ", ".join(filter(None, known))
