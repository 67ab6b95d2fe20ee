"""Taking away files that never became whole, and those that no row knows of."""

import asyncio
import logging
from datetime import timedelta

from services.chassis.database import Database
from services.intake.store import attachments as store
from services.intake.store.files import Files
from services.worktime.clock import Clock

log = logging.getLogger(__name__)

_UNFINISHED = timedelta(hours=24)
_ORPHANED_SECONDS = 3600.0
"""A file may be on the disk that long before its row is committed; commands take seconds."""
_LOOKED_AT_ONCE = 5_000


class AttachmentSweep:
    """Takes away what never became whole within a day, and files that no row knows of."""

    def __init__(self, database: Database, files: Files, clock: Clock, orphaned: float = _ORPHANED_SECONDS) -> None:
        self._database = database
        self._files = files
        self._clock = clock
        self._orphaned = orphaned

    async def __call__(self) -> tuple[int, int, int]:
        """How many unfinished rows, folders of pieces and stored files were taken away."""
        async with self._database.unit_of_work() as work:
            rows = await store.forget_unfinished(work.connection, self._clock.now() - _UNFINISHED)
        arriving = await asyncio.to_thread(self._files.arriving)
        still = await store.still_arriving(self._database.pool, arriving)  # type: ignore[arg-type]
        done = [each for each in arriving if each not in still]
        for each in done:
            await asyncio.to_thread(self._files.forget_pieces, each)
        names = await asyncio.to_thread(lambda: list(self._files.kept(self._orphaned)))
        orphans = 0
        for start in range(0, len(names), _LOOKED_AT_ONCE):
            some = names[start : start + _LOOKED_AT_ONCE]
            for name in await store.without_row(self._database.pool, some):  # type: ignore[arg-type]
                await asyncio.to_thread(self._files.remove, name)
                orphans += 1
        if rows or done or orphans:
            log.info(
                "swept %d unfinished attachments, %d folders, %d files without a row", len(rows), len(done), orphans
            )
        return len(rows), len(done), orphans
