"""How much waits in the outbox."""

from sqlite3 import Cursor

from state.store.levels import Levels, levels_of, statement

LEVELS = statement(now=":now")


def levels(cursor: Cursor, now: int) -> Levels:
    """Return what waits at the instant *now*."""
    return levels_of(cursor.execute(LEVELS, {"now": now}))
