"""Whose fault a failure is."""

import asyncpg
import pytest
from nats.errors import TimeoutError as NatsTimeoutError

from services.chassis.errors import Fault, Permanent, Transient, fault_of, known_of


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (Transient(), Fault.SURROUNDINGS),
        (ConnectionResetError(), Fault.SURROUNDINGS),
        (TimeoutError(), Fault.SURROUNDINGS),
        (NatsTimeoutError(), Fault.SURROUNDINGS),
        (asyncpg.AdminShutdownError(), Fault.SURROUNDINGS),
        (asyncpg.CannotConnectNowError(), Fault.SURROUNDINGS),
        (asyncpg.ConnectionDoesNotExistError(), Fault.SURROUNDINGS),
        (asyncpg.DeadlockDetectedError(), Fault.SURROUNDINGS),
        (asyncpg.ProtocolError(), Fault.SURROUNDINGS),
        (asyncpg.InvalidCachedStatementError(), Fault.SURROUNDINGS),
        (asyncpg.TooManyConnectionsError(), Fault.SURROUNDINGS),
        (Permanent(), Fault.MESSAGE),
        (asyncpg.NotNullViolationError(), Fault.MESSAGE),
        (asyncpg.NumericValueOutOfRangeError(), Fault.MESSAGE),
        (asyncpg.UndefinedColumnError(), Fault.CODE),
        (KeyError(), Fault.CODE),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value.name,
)
def test_a_failure_is_judged_by_its_type(error: Exception, fault: Fault) -> None:
    assert fault_of(error) is fault


def test_what_is_told_of_a_failure_quotes_no_value() -> None:
    told = {"C": "23514", "M": "Bí Mật", "D": "Bí Mật", "t": "fee", "n": "fee_amount_check"}
    assert known_of(asyncpg.PostgresError.new(told)) == "CheckViolationError, fee, fee_amount_check"
    assert known_of(asyncpg.DataError("invalid input for query argument $1: 'Bí Mật'")) == "DataError"
    assert known_of(KeyError("Bí Mật")) == "KeyError"
