"""Which store a database URL means."""

from contextlib import AbstractAsyncContextManager
from datetime import timedelta

from sqlalchemy import make_url

from state.errors import StoreUnusable
from state.store.postgres.opening import CONNECTIONS, open_postgres
from state.store.postgres.store import PostgresStore
from state.store.sqlite.opening import open_sqlite
from state.store.sqlite.store import SqliteStore

Store = SqliteStore | PostgresStore


def open_store(
    url: str, *, lease: timedelta, connections: int = CONNECTIONS
) -> AbstractAsyncContextManager[Store]:
    """
    Open the store that *url* names.

    ``sqlite:///file.sqlite3``, or ``sqlite://`` in memory, or ``postgresql://user:password@host/database``.
    A lane is leased for *lease* at a time. A server is talked to over *connections* at most. Raises
    `StoreUnusable`.
    """
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if backend in ("postgresql", "postgres"):
        # The driver reads the rest by itself, as other clients of PostgreSQL do: ?sslmode=, ?search_path=
        return open_postgres(f"postgresql://{url.partition('://')[2]}", lease=lease, connections=connections)
    if backend != "sqlite":
        raise StoreUnusable(
            f"DATABASE_URL names a database of kind {backend}; use sqlite:///<file> or postgresql://<host>/<db>"
        )
    in_memory = parsed.database in (None, "", ":memory:")
    return open_sqlite(None if in_memory else parsed.database, lease=lease)
