"""Which store a database URL means."""

from contextlib import AbstractAsyncContextManager
from datetime import timedelta

from sqlalchemy import make_url

from state.errors import StoreUnusable
from state.sqlite.store import SqliteStore, open_sqlite


def open_store(url: str, *, lease: timedelta) -> AbstractAsyncContextManager[SqliteStore]:
    """
    Open the store that *url* names: ``sqlite:///file.sqlite3``, or ``sqlite://`` in memory.

    A lane is leased for *lease* at a time. Raises `StoreUnusable`.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        raise StoreUnusable(
            f"DATABASE_URL names a database of kind {parsed.get_backend_name()}; use sqlite:///<file>"
        )
    in_memory = parsed.database in (None, "", ":memory:")
    return open_sqlite(None if in_memory else parsed.database, lease=lease)
