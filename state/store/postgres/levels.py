"""How much waits in the outbox."""

from state.store.levels import Levels, levels_of, statement
from state.store.postgres.database import Connection
from state.store.postgres.sql import NOW
from state.store.postgres.times import Times

LEVELS = statement(now=NOW)


async def levels(connection: Connection, times: Times) -> Levels:
    """Return what waits now."""
    return levels_of([*row.values()] for row in await connection.fetch(LEVELS, times.now))
