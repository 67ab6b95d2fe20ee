"""What component tests share: the ground, one for each file, and a witness of effects on it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from contracts.topology import TOPOLOGY
from services.chassis.calls import Calls
from services.chassis.database import Database
from services.intake import consumers
from services.intake.handlers.assistance import Assistance
from services.intake.limits import limits
from services.worktime.clock import FrozenClock, SystemClock
from tests.component.assistance import MORNING, Log, units
from tests.component.ground import Ground, Witness, ground
from tests.component.intake import BOOK, TRAIL


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def here() -> AsyncIterator[Ground]:
    async with ground() as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def witness(here: Ground) -> Witness:
    return Witness(await here.database("reporting"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def intake_database(here: Ground) -> Database:
    return await here.database("intake", clock=SystemClock())


@pytest.fixture
def unit() -> str:
    """A commune that no other test has touched."""
    return next(units)


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(MORNING)


@pytest.fixture
def assistance(intake_database: Database, clock: FrozenClock) -> Calls:
    calls = Calls("intake", intake_database, TOPOLOGY, SystemClock())
    consumers.register_assistance(calls, Assistance(BOOK, TRAIL, clock, limits()))
    return calls


@pytest_asyncio.fixture(loop_scope="module")
async def log(here: Ground) -> AsyncIterator[Log]:
    """Looks into the outbox with the relay's rights; in the end no entity has a gap in its versions."""
    found = Log(await here.relay_connection("intake"))
    yield found
    gaps = await found.connection.fetch(
        "select entity from outbox group by entity having max(version) <> count(*) or min(version) <> 1"
    )
    assert gaps == []
