"""What component tests share: the ground, one for each file, and a witness of effects on it."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.component.ground import Ground, Witness, ground


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def here() -> AsyncIterator[Ground]:
    async with ground() as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def witness(here: Ground) -> Witness:
    return Witness(await here.database("reporting"))
