"""Open the store: connect and migrate the schema; report failures in one line."""

import asyncio
import logging
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import StaticPool, create_engine
from sqlalchemy.exc import DBAPIError

from file_modes import others_may_read
from instants import SteadyClock
from state.errors import StoreUnusable
from state.store.numbering import unforeseeable
from state.store.schema import upgrade
from state.store.sqlite.anchor import shared_clock
from state.store.sqlite.file_guard import FileGuard
from state.store.sqlite.group_commit import GroupCommit
from state.store.sqlite.store import SqliteStore

_log = logging.getLogger(__name__)

_BUSY = timedelta(seconds=5)
_STATEMENTS = 512  # Prepared statements kept: the frequent ones exist once per number of rows.
_READER_CACHE = 8 * 1024  # KiB

#: Bytes that the write-ahead log keeps once its pages are in the file. While somebody reads for long, such as
#: a backup, it grows past that; without a limit it would stay that large.
WAL_LIMIT = 32 * 1024 * 1024

_CACHE = 32 * 1024  # KiB of pages; SQLite's 2 MB cannot hold the upper levels of a million jobs' indexes


@asynccontextmanager
async def open_sqlite(
    path: str | None,
    *,
    lease: timedelta,
    clock: Callable[[], datetime] | None = None,
    spread: Callable[[], float] = unforeseeable,
    busy: timedelta = _BUSY,
) -> AsyncIterator[SqliteStore]:
    """
    Open the store in the file *path*, or in memory if that is None, at the newest schema.

    Times are those of `shared_clock`, unless a *clock* is given; *spread* is uniform in [0, 1), for job
    numbers. A write waits at most *busy* for another process that is writing. Raises `StoreUnusable` with the
    reason in one line.
    """
    async with AsyncExitStack() as stack:
        connection, shared = await asyncio.to_thread(_connect, path, busy.total_seconds())
        group = readers = GroupCommit(connection, guard=None if path is None else FileGuard(path).check)
        stack.push_async_callback(group.close)
        if path is not None:  # A write may wait for another process; reads do not wait behind it.
            readers = GroupCommit(await asyncio.to_thread(_connect_reader, path, busy.total_seconds()))
            stack.push_async_callback(readers.close)
        yield SqliteStore(group, readers=readers, lease=lease, clock=clock or shared, spread=spread)


def _connect(path: str | None, busy: float) -> tuple[sqlite3.Connection, SteadyClock]:
    if path is not None:
        _make_private(path)
    with ExitStack() as unless_usable:
        try:
            connection = sqlite3.connect(
                path or ":memory:",
                timeout=busy,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=_STATEMENTS,
            )
            unless_usable.callback(connection.close)
            _use_wal(connection, busy)
            # FULL: an answered commit survives a power failure, not only a crash of the process.
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(f"PRAGMA cache_size = -{_CACHE}")
            connection.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT}")
            _upgrade(connection)
            clock = shared_clock(connection)
        except (sqlite3.Error, StoreUnusable) as error:
            reason = f"{error}{_missing_folder(path)}"
            raise StoreUnusable(f"The job log {path or 'in memory'} cannot be used: {reason}") from error
        unless_usable.pop_all()
    if path is not None and others_may_read(path):
        # Do not change the mode: it may be intended.
        _log.warning("Every user of this machine can read the job log: chmod o= %s*", path)
    return connection, clock


def _connect_reader(path: str, busy: float) -> sqlite3.Connection:
    with ExitStack() as unless_usable:
        try:
            connection = sqlite3.connect(
                path,
                timeout=busy,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=_STATEMENTS,
            )
            unless_usable.callback(connection.close)
            connection.execute("PRAGMA query_only = ON")
            connection.execute(f"PRAGMA cache_size = -{_READER_CACHE}")
        except sqlite3.Error as error:
            raise StoreUnusable(f"The job log {path} cannot be used: {error}") from error
        unless_usable.pop_all()
    return connection


def _make_private(path: str) -> None:
    """
    Create the file with access for its owner only, if there is none; SQLite gives -wal and -shm the same
    mode.

    An existing file is not opened: closing it would release this process's locks on it.
    """
    with suppress(OSError):  # It exists, or SQLite will report why it cannot be created.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _missing_folder(path: str | None) -> str:
    """Return a hint if the file's folder is missing, which SQLite's message does not mention."""
    folder = Path(path or ".").absolute().parent
    return "" if folder.is_dir() else f": the folder {folder} does not exist, create it first"


def _use_wal(connection: sqlite3.Connection, busy: float) -> None:
    """
    Switch to write-ahead logging, once in a file's life; wait at most *busy* seconds.

    The switch needs an exclusive lock, and SQLite does not wait for it: if several processes open a new file,
    any of them may get "locked" at once.
    """
    deadline = time.monotonic() + busy
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            locked = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY  # Higher bits: extended codes.
            if not locked or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _upgrade(connection: sqlite3.Connection) -> None:
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    try:
        with engine.begin() as migrating:
            migrating.exec_driver_sql("BEGIN IMMEDIATE")  # One process migrates; the others wait for it.
            upgrade(migrating)
    except DBAPIError as error:
        # SQLite's message: SQLAlchemy's has many lines and contains the statement.
        raise StoreUnusable(str(error.orig)) from error
