"""
The clock that all processes on one SQLite file share.

Leases, retries and rate limits are stored as instants, and other processes compare them with their own clock,
also after a restart. If that were the wall clock, a clock that is set back by an hour would silence
conversations for an hour, and one that is set forward would end leases of messages under way. So the instants
run with the machine's monotonic clock. The first process after the machine has started takes the wall clock's
time as its beginning, and stores that for the others.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import orjson

from instants import SteadyClock, micros
from state.store.leases import LONGEST_WAIT

_KEY = "ProactiveBot.Clock"

# The machine has started, or the file has moved to it: no process holds a lease. A wait may have been stored
# by a clock that was far ahead.
_DISBELIEVE = (
    "UPDATE lanes SET due_at = ?, token = NULL WHERE due_at IS NOT NULL AND due_at IS NOT not_before"
    " AND (token IS NOT NULL OR due_at > ?)"
)

#: A random id of each start of the machine (Linux). Without it each process begins by itself.
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def shared_clock(connection: sqlite3.Connection) -> SteadyClock:
    """Return the clock of the database on *connection*, which is in autocommit mode."""
    boot = _boot_id()
    if boot is None:
        return SteadyClock()
    with _transaction(connection):
        row = connection.execute("SELECT body FROM documents WHERE key = ?", (_KEY,)).fetchone()
        stored = {} if row is None else orjson.loads(row[0])
        if stored.get("boot") != boot:
            clock = SteadyClock()
            stored = {"boot": boot, "offset": micros(clock.start)}
            now = micros(clock())
            believed = now + LONGEST_WAIT // timedelta(microseconds=1)
            connection.execute(_DISBELIEVE, (now, believed))
            connection.execute(
                "INSERT INTO documents (key, body, e_tag) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE"
                " SET body = excluded.body, e_tag = excluded.e_tag",
                (_KEY, orjson.dumps(stored).decode(), boot),
            )
    return SteadyClock(timedelta(microseconds=stored["offset"]))


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Run the block in a write transaction; roll it back if the block fails."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _boot_id() -> str | None:
    try:
        return _BOOT_ID.read_text("ascii").strip() or None
    except (OSError, UnicodeDecodeError):
        return None
