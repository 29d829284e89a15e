"""A job log as life leaves it, in an SQLite file; its size, and the pages that turns write."""

from __future__ import annotations

import sqlite3
import struct
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from io import FileIO
from pathlib import Path
from typing import NamedTuple

from benchmarks.growth.life import Life, LivedJob, Totals
from benchmarks.growth.writes import Writes
from state.store.opening import open_store

SEEDING_CACHE = 8 * 1024 * 1024  #: KiB; the indexes of ten million jobs, which fill in no order.
PAGE = 4096  #: bytes
# https://sqlite.org/walformat.html#the_wal_index_file_format: version, unused, counter of transactions, flags
# and page size, and how many frames the log has; further on the salts, which a log that begins anew changes.
INDEX_HEAD = struct.Struct("=4x4xI4xI12x8s")


class WalIndex(NamedTuple):
    """What the head of a write-ahead log's index says."""

    commits: int  #: A counter of 32 bits.
    frames: int  #: Pages in the log since it began anew.
    salts: bytes

    def until(self, later: WalIndex) -> tuple[int, int]:
        """
        Return the commits, and the pages written, from here to *later*.

        The log may have begun anew once in between, but only if no write came before that.
        """
        begun_anew = later.salts != self.salts
        return (later.commits - self.commits) % 2**32, later.frames - (0 if begun_anew else self.frames)


def read_index(index: FileIO) -> WalIndex:
    index.seek(0)
    return WalIndex(*INDEX_HEAD.unpack(index.read(INDEX_HEAD.size)))


@contextmanager
def kept(database: Path) -> Iterator[FileIO]:
    """Keep the write-ahead log from beginning anew, which would lose the count, and give its index."""
    with (
        closing(sqlite3.connect(database, isolation_level=None)) as reader,
        # Closed after the last look: that releases all of this process's locks on it, the reader's too.
        Path(f"{database}-shm").open("rb", buffering=0) as index,
    ):
        reader.execute("BEGIN")
        reader.execute("SELECT id FROM jobs LIMIT 1").fetchone()
        yield index


@dataclass(frozen=True, slots=True)
class SqliteLog:
    database: Path

    @property
    def url(self) -> str:
        return f"sqlite:///{self.database}"

    async def size(self) -> int:
        return self.database.stat().st_size

    @asynccontextmanager
    async def counting(self, writes: Writes) -> AsyncIterator[None]:
        """
        Add to *writes* what is written in the meantime: exact, for other connections of any process.

        No checkpoint ends meanwhile (see `kept`), so measure no time.
        """
        with kept(self.database) as index:
            before = read_index(index)
            yield
            commits, pages = before.until(read_index(index))
        writes.commits += commits
        writes.pages += pages
        writes.bytes += pages * PAGE


@asynccontextmanager
async def lived_log(life: Life, folder: Path) -> AsyncIterator[SqliteLog]:
    """Give a new file in *folder*, where it remains, with the log of *life*."""
    database = folder / f"{uuid.uuid4()}.sqlite3"
    async with open_store(f"sqlite:///{database}", lease=timedelta(seconds=30)):
        pass  # For the tables.
    fill(database, life)
    yield SqliteLog(database)


def fill(database: Path, life: Life) -> None:
    """
    Write the rows of *life*.

    The indexes exist meanwhile, so their pages are as full as those of a log that has grown. An index that is
    made afterwards has full pages, and adding to a full one changes several.
    """
    totals = Totals()
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        # An incomplete file is not used.
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(f"PRAGMA cache_size = -{SEEDING_CACHE}")
        connection.execute("BEGIN")
        connection.executemany(insertion("jobs", LivedJob._fields), totals.counting(life.rows()))
        connection.executemany(insertion("totals", ("tenant", "slot", "jobs")), totals.rows())
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = WAL")


def insertion(table: str, columns: tuple[str, ...]) -> str:
    places = ", ".join("?" * len(columns))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})"  # noqa: S608
