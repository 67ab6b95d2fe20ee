"""Running the effect of a batch: at once if it goes well, by halves where it fails, until the culprit stands alone."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from contracts.envelope import Event
from services.chassis.arrivals import Arrival, Failure, Outcome
from services.chassis.database import UnitOfWork
from services.chassis.errors import Fault, fault_of
from services.chassis.gate import Chain, Plan

Effect = Callable[[UnitOfWork, Sequence[Event[Any]]], Awaitable[None]]
"""A service's reaction to a batch of events: set-based SQL. Events of one entity stand in order."""

TRIES_OF_UNKNOWN_FAULTS = 5
"""Deliveries after which a failure that may be a mistake in our code becomes a dead letter."""


async def run(work: UnitOfWork, effect: Effect, sorted_out: Plan) -> Outcome:
    """Applies the plan's chains. Errors of the surroundings are raised: the whole batch is then tried again later."""
    outcome = Outcome(duplicate=sorted_out.duplicate, parked=list(sorted_out.early), unreadable=sorted_out.unreadable)
    await _attempt(work, effect, sorted_out.chains, outcome)
    return outcome


async def _attempt(work: UnitOfWork, effect: Effect, chains: list[Chain], outcome: Outcome) -> None:
    if not chains:
        return
    arrivals = [arrival for chain in chains for arrival in chain]
    failure = await _try(work, effect, arrivals)
    if failure is None:
        outcome.applied += arrivals
    elif len(chains) > 1:
        middle = len(chains) // 2
        await _attempt(work, effect, chains[:middle], outcome)
        await _attempt(work, effect, chains[middle:], outcome)
    else:
        await _one_by_one(work, effect, chains[0], failure, outcome)


async def _one_by_one(work: UnitOfWork, effect: Effect, chain: Chain, failure: Exception, outcome: Outcome) -> None:
    """Applies an entity's events up to the one that fails; those behind it wait for it."""
    for position, arrival in enumerate(chain):
        if len(chain) > 1:
            found = await _try(work, effect, [arrival])
            if found is None:
                outcome.applied.append(arrival)
                continue
            failure = found
        _give_up(arrival, failure, outcome)
        outcome.parked += chain[position + 1 :]
        return


def _give_up(arrival: Arrival, error: Exception, outcome: Outcome) -> None:
    """A dead letter at once if the message is at fault, and after some tries if our code may be."""
    failure = Failure(arrival, f"{type(error).__name__}: {error}")
    (outcome.held if may_recover(arrival, error) else outcome.dead).append(failure)


def may_recover(arrival: Arrival, error: Exception) -> bool:
    """Whether a delivered event that failed is worth another delivery."""
    return fault_of(error) is Fault.CODE and 0 < arrival.deliveries < TRIES_OF_UNKNOWN_FAULTS


async def _try(work: UnitOfWork, effect: Effect, arrivals: Sequence[Arrival]) -> Exception | None:
    """Runs the effect in a savepoint; the error if it failed for a reason that lies in these events or in our code."""
    events = [arrival.event for arrival in arrivals if arrival.known]
    if not events:
        return None
    try:
        async with work.savepoint():
            await effect(work, events)
    except Exception as error:
        if fault_of(error) is Fault.SURROUNDINGS:
            raise
        return error
    return None
