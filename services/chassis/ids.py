"""Identifiers that sort by the time they were made, so that indexes on them grow at one end."""

import os
import time
from uuid import NAMESPACE_URL, UUID, uuid5

_NAMESPACE = uuid5(NAMESPACE_URL, "urn:tiepsuc")


def uuid7() -> UUID:
    """A UUID version 7 (RFC 9562): 48 bits of Unix milliseconds, the rest random. Python itself has it from 3.14."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    value = (
        (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | 0x7 << 76 | (random >> 68) << 64 | 0b10 << 62 | random & (1 << 62) - 1
    )
    return UUID(int=value)


def stable_id(*parts: str) -> UUID:
    """The same UUID (version 5) for the same parts, e.g. `stable_id("unit", "31570")`."""
    return uuid5(_NAMESPACE, "/".join(parts))
