"""What a row holds, as the rest of intake wants it."""

from datetime import datetime
from typing import Any

import asyncpg

from services.worktime.clock import ZONE


def in_zone(row: asyncpg.Record) -> dict[str, Any]:
    """A row's values, its instants in Vietnam's zone: they go on into answers, which people read."""
    return {key: value.astimezone(ZONE) if isinstance(value, datetime) else value for key, value in row.items()}
