"""What was delivered, by minute."""

from collections.abc import Callable
from datetime import datetime, timedelta

import orjson

from instants import instant, micros
from jobs.overview import Minute
from state.store.statements import Statements

_KEPT_FOR = timedelta(hours=48)

_KEEP = """
INSERT INTO minutes (at, process, sent, failed, parked, dead, waits) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (at, process) DO NOTHING
"""
_SWEEP = "DELETE FROM minutes WHERE at < ?1"
_LIST = "SELECT at, sent, failed, parked, dead, waits FROM minutes WHERE at >= ?1 ORDER BY at"


class Minutes:
    """Keeps the counts of each process, and adds them up."""

    def __init__(self, statements: Statements, clock: Callable[[], datetime]) -> None:
        self._statements = statements
        self._clock = clock

    async def keep(self, process: str, minute: Minute) -> None:
        """Keep what *process* did in a minute, and forget what is older than two days."""
        at, *counts, waits = minute
        values = (micros(at), process, *counts, orjson.dumps(waits).decode())
        await self._statements.write(_KEEP, *values)
        await self._statements.write(_SWEEP, micros(self._clock() - _KEPT_FOR))

    async def since(self, ago: timedelta) -> list[Minute]:
        """Return the minutes in which anything was done, the oldest first, of all processes together."""
        added: dict[int, Minute] = {}
        for at, *counts, waits in await self._statements.fetch(_LIST, micros(self._clock() - ago)):
            so_far = added.get(at, Minute(instant(at)))
            sent, failed, parked, dead = map(sum, zip(so_far[1:5], counts, strict=True))
            both = zip(so_far.waits, orjson.loads(waits), strict=True)
            added[at] = Minute(so_far.at, sent, failed, parked, dead, tuple(map(sum, both)))
        return list(added.values())
