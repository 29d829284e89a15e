"""The databases that run the contract tests; add a database to `DATABASES`."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

from state.store.port import Store
from state.store.postgres.opening import open_postgres
from state.store.sqlite.opening import open_sqlite
from tests.fakes.fake_clock import FakeClock
from tests.fakes.pooler import new_pooled_schema
from tests.fakes.schemas import new_schema

LEASE = timedelta(seconds=30)


#: Opens a store on one database, each time the same; takes what is given on.
Open = Callable[..., AbstractAsyncContextManager[Store]]


def sqlite_file(folder: Path, clock: FakeClock) -> Open:
    path = str(folder / f"{uuid4().hex}.sqlite3")
    return partial(open_sqlite, path, lease=LEASE, clock=clock)


def sqlite_memory(folder: Path, clock: FakeClock) -> Open:
    return partial(open_sqlite, None, lease=LEASE, clock=clock)


def postgres(folder: Path, clock: FakeClock) -> Open:
    url = new_schema()
    return partial(open_postgres, url, lease=LEASE, clock=clock)


def postgres_pooled(folder: Path, clock: FakeClock) -> Open:
    url = new_pooled_schema()
    return partial(open_postgres, url, lease=LEASE, clock=clock)


#: Each makes a new database with nothing in it, for which a folder is at hand.
DATABASES: dict[str, Callable[[Path, FakeClock], Open]] = {
    "sqlite-file": sqlite_file,
    "sqlite-memory": sqlite_memory,
    "postgres": postgres,
    "postgres-pooled": postgres_pooled,
}

#: Those that hold the same promises by the same statements as another; `make test` leaves them out.
SLOW = {"postgres-pooled"}

#: Those on which two stores can be open at once, as two processes have them.
SHARED = {"sqlite-file", "postgres", "postgres-pooled"}
