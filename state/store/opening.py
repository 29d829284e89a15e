"""Open the store for a database URL."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta

from state.errors import StoreUnusable
from state.store.database_url import PostgresUrl, parse_database_url
from state.store.postgres.opening import CONNECTIONS, open_postgres
from state.store.postgres.store import PostgresStore
from state.store.sqlite.opening import open_sqlite
from state.store.sqlite.store import SqliteStore

Store = SqliteStore | PostgresStore


def open_store(
    url: str,
    *,
    lease: timedelta,
    connections: int = CONNECTIONS,
    clock: Callable[[], datetime] | None = None,
) -> AbstractAsyncContextManager[Store]:
    """
    Open the store that *url* names.

    ``sqlite:///file.sqlite3``, or ``sqlite://`` in memory, or ``postgresql://user:password@host/database``.
    A lane is leased for *lease* at a time. At most *connections* are opened to a server. Times are those of
    *clock* if it is given; see `Store.clock`. Raises `StoreUnusable`.
    """
    try:
        database = parse_database_url(url)
    except ValueError as error:
        raise StoreUnusable(f"DATABASE_URL: {error}") from None
    if isinstance(database, PostgresUrl):
        return open_postgres(database.dsn, lease=lease, connections=connections, clock=clock)
    return open_sqlite(database.path, lease=lease, clock=clock)
