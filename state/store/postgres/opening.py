"""Open the store: connect and migrate the schema; report failures in one line."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from instants import SteadyClock
from state.errors import StoreUnusable
from state.store.numbering import unforeseeable
from state.store.postgres.database import SERVER_SETTINGS, Database
from state.store.postgres.failures import FAILURES, MISCONFIGURED, in_one_line, is_aborted, is_not_up
from state.store.postgres.store import PostgresStore
from state.store.postgres.times import Timekeeper
from state.store.schema import upgrade

_log = logging.getLogger(__name__)

#: Connections of one process; a server allows 100 by default.
CONNECTIONS = 8

#: Pause between attempts while the server is down; doubled each time.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 4.0  # seconds

# If replicas start together, one migrates and the others wait for it. The lock is per schema. The timeouts
# are off, because a migration may take long.
_ALONE = (
    "SET LOCAL statement_timeout = 0",
    "SET LOCAL lock_timeout = 0",
    "SELECT pg_advisory_xact_lock(hashtextextended('proactive bot schema ' || current_schema(), 0))",
)


@asynccontextmanager
async def open_postgres(
    url: str,
    *,
    lease: timedelta,
    clock: Callable[[], datetime] | None = None,
    spread: Callable[[], float] = unforeseeable,
    connections: int = CONNECTIONS,
    patience: timedelta = timedelta(seconds=10),
) -> AsyncIterator[PostgresStore]:
    """
    Open the store in the database that *url* names, at the newest schema.

    Times are the server's, unless a *clock* is given; *spread* is uniform in [0, 1), for job numbers. Waits
    up to *patience* for a server that is starting. Raises `StoreUnusable` with the reason in one line.
    """
    try:
        database = Database(url, connections=connections)
    except ValueError as error:
        raise StoreUnusable(f"DATABASE_URL cannot be used: {error}") from error
    try:
        await _upgraded(database, patience)
        store = PostgresStore(database, Timekeeper(lease, clock, clock or SteadyClock()), spread=spread)
        try:
            yield store
        finally:
            await store.close()
    finally:
        await database.close()


async def _upgraded(database: Database, patience: timedelta) -> None:
    """
    Migrate the schema; while the server is down, retry until *patience* is over.

    So too when the migration and the statements of another version, which serves meanwhile, waited for each
    other, and the server chose the migration to give way.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience.total_seconds()
    pause = _FIRST_PAUSE
    while True:
        try:
            async with database.migrating() as connection:
                await connection.run_sync(_upgrade, database.pooled)
            return
        except (*FAILURES, *MISCONFIGURED, StoreUnusable, ValueError) as error:
            left = deadline - loop.time()
            if left <= 0 or not (is_not_up(error) or is_aborted(error)):
                raise _unusable(error, database.server) from error
            pause = min(pause, left)
            _log.warning(
                "PostgreSQL at %s cannot be used yet: %s; next attempt in %.2g s",
                database.server,
                in_one_line(error),
                pause,
            )
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


def _upgrade(connection: Connection, pooled: bool) -> None:
    _check_encoding(connection)
    if pooled:
        _check_settings(connection)
    for statement in _ALONE:
        connection.execute(text(statement))
    upgrade(connection)


def _check_encoding(connection: Connection) -> None:
    """Raise `StoreUnusable` unless the database can hold all text that people write."""
    encoding = connection.scalar(text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise StoreUnusable(
            f"its encoding is {encoding}, so it refuses text such as an emoji: create a database with"
            " ENCODING 'UTF8' TEMPLATE template0"
        )


def _check_settings(connection: Connection) -> None:
    """Raise `StoreUnusable` unless the role has the settings that cannot be set through a pooler."""
    found = {name: connection.scalar(text(f"SHOW {name}")) for name in SERVER_SETTINGS}
    # Other timeouts than ours are fine. Without any, a frozen replica could block the others for ever.
    wrong = [name for name, value in found.items() if value in ("on", "0")]
    if wrong:
        statements = "; ".join(
            f"ALTER ROLE CURRENT_USER SET {name} = {SERVER_SETTINGS[name]}" for name in wrong
        )
        raise StoreUnusable(
            f"behind a pooler the settings of its role count, so run there: {statements}; and have the pooler"
            " connect anew"
        )


def _unusable(error: Exception, server: str) -> StoreUnusable:
    return StoreUnusable(f"The job log in PostgreSQL at {server} cannot be used: {in_one_line(error)}")
