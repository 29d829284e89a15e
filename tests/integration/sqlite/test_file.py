"""The file under the database: deleted, replaced, locked by another process."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from state.errors import StoreUnavailable
from state.store.sqlite import opening
from state.store.sqlite.opening import open_sqlite
from tests.contract.asking import start

LEASE = timedelta(seconds=30)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "jobs.sqlite3"


@pytest.fixture
async def store(path):
    async with open_sqlite(str(path), lease=LEASE, busy=timedelta(seconds=20)) as store:
        yield store


async def test_the_write_ahead_log_shrinks_after_a_long_read(path, monkeypatch):
    monkeypatch.setattr(opening, "WAL_LIMIT", 256 * 1024)
    wal = path.with_name(f"{path.name}-wal")
    async with open_sqlite(str(path), lease=LEASE) as store:
        with closing(sqlite3.connect(path, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM jobs").fetchone()
            while wal.stat().st_size < 8 * 1024 * 1024:  # Past the size at which SQLite begins it anew.
                await start(store, title="x" * 1000, reference="y" * 100_000)
        for _ in range(3):
            await start(store)
        assert wal.stat().st_size <= 256 * 1024


async def test_a_deleted_file_takes_no_job_and_is_said(store, path):
    """SQLite goes on writing to it, and after a restart the log would be empty."""
    await start(store)
    await store.check()
    path.unlink()
    for write in (start(store), store.check()):
        with pytest.raises(StoreUnavailable, match=r"jobs\.sqlite3 was deleted or replaced: restore it"):
            await write


async def test_a_replaced_file_takes_no_job(store, path, tmp_path):
    await start(store)
    other = tmp_path / "other"
    other.touch()
    other.replace(path)
    with pytest.raises(StoreUnavailable, match="deleted or replaced"):
        await start(store)


async def test_a_file_that_is_put_back_is_used_again(store, path, tmp_path):
    path.rename(tmp_path / "aside")
    with pytest.raises(StoreUnavailable):
        await start(store)
    (tmp_path / "aside").rename(path)
    await start(store)


async def test_reads_do_not_wait_behind_a_write_that_waits_for_another_process(store, path):
    job = await start(store)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        writing = asyncio.create_task(start(store))
        async with asyncio.timeout(5):
            assert (await store.find(job.id)).job == job
        assert not writing.done()
        other.execute("COMMIT")
        await writing


async def test_a_database_that_cannot_be_written_is_not_ready(path):
    """Every turn has to write."""
    async with open_sqlite(str(path), lease=LEASE, busy=timedelta(milliseconds=50)) as store:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreUnavailable, match="locked"):
                await store.check()
        await store.check()
