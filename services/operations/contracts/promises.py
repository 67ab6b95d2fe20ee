"""What is promised about a message beyond its shape, compared by the AsyncAPI document: that it is there, on which
subject, who may send it, and how it may be refused.

These break: an event or call that is gone (unless the topology lists it as retired), a subject that changed, a role
that may no longer call, a service that no longer answers a shared call, a refusal code that is gone, since programs
tell refusals apart by their codes and a missing one is mostly one renamed.
These pass: new events and calls, further roles and services, and new refusal codes, since a caller has to take a
code that it does not know as "no" anyway. Streams, durables and NATS users are no part of the language.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from services.operations.contracts.compatibility import Change, What
from services.operations.contracts.nodes import Schema


@dataclass(frozen=True, slots=True)
class Promise:
    """What the document says about an event or call. `body` is the name of the model of its data."""

    sends: bool
    address: str
    body: str
    roles: tuple[str, ...]
    refusals: tuple[str, ...]
    services: tuple[str, ...]


def promises(asyncapi: Schema) -> dict[str, Promise]:
    """Every event and call of a document, by name."""
    found = {}
    for name, operation in asyncapi.get("operations", {}).items():
        channel = asyncapi["channels"][name]
        found[name] = Promise(
            sends=operation["action"] == "send",
            address=channel["address"],
            body=asyncapi["components"]["messages"][name]["title"],
            roles=tuple(operation.get("x-roles", ())),
            refusals=tuple(operation.get("x-refusals", ())),
            services=tuple(channel.get("parameters", {}).get("service", {}).get("enum", ())),
        )
    return found


def changes(before: Schema, after: Schema, retired: Collection[str]) -> list[Change]:
    """What changed for the worse. `retired` may be gone."""
    was, now = promises(before), promises(after)
    found: list[Change] = []
    for name, promise in was.items():
        if name in now:
            found += _kept(name, promise, now[name])
        elif name not in retired:
            found.append(_gone(name, promise, {n: p for n, p in now.items() if n not in was}))
    return found


def _gone(name: str, promise: Promise, new: dict[str, Promise]) -> Change:
    """Removed; or moved, where something new carries the same data."""
    for other in new.values():
        if (other.sends, other.body) == (promise.sends, promise.body):
            return Change(What.SUBJECT_CHANGED, name, "", promise.address, other.address)
    return Change(What.EVENT_REMOVED if promise.sends else What.CALL_REMOVED, name, "", promise.address, "–")


def _kept(name: str, was: Promise, now: Promise) -> list[Change]:
    found = []
    if was.address != now.address:
        found.append(Change(What.SUBJECT_CHANGED, name, "", was.address, now.address))
    lists: tuple[tuple[What, Any, Any], ...] = (
        (What.ROLE_REMOVED, was.roles, now.roles),
        (What.REFUSAL_REMOVED, was.refusals, now.refusals),
        (What.CALL_REMOVED, was.services, now.services),
    )
    for what, before, after in lists:
        found += [Change(what, name, "", each, "–") for each in before if each not in after]
    return found
