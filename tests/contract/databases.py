"""The databases that run the contract tests; add a database to `DATABASES`."""

import shutil
import tempfile
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from uuid import uuid4

from sqlalchemy import create_engine

from state.store.port import Store
from state.store.postgres.opening import open_postgres
from state.store.schema import upgrade
from state.store.sqlite.opening import open_sqlite
from tests.fakes.fake_clock import FakeClock
from tests.fakes.pooler import new_pooled_schema
from tests.fakes.schemas import new_migrated_schema

LEASE = timedelta(seconds=30)


#: Opens a store on one database, each time the same; takes what is given on.
Open = Callable[..., AbstractAsyncContextManager[Store]]


@cache
def _migrated() -> Path:
    """Return a file with the tables in it: migrating takes longer than most tests."""
    file = Path(tempfile.mkdtemp()) / "migrated.sqlite3"
    engine = create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        upgrade(connection)
    engine.dispose()
    file.chmod(0o600)  # As the store makes it, or it would warn each time.
    return file


def sqlite_file(folder: Path, clock: FakeClock) -> Open:
    path = shutil.copy(_migrated(), folder / f"{uuid4().hex}.sqlite3")
    return partial(open_sqlite, str(path), lease=LEASE, clock=clock)


def sqlite_memory(folder: Path, clock: FakeClock) -> Open:
    return partial(open_sqlite, None, lease=LEASE, clock=clock)


def postgres(folder: Path, clock: FakeClock) -> Open:
    url = new_migrated_schema()
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
