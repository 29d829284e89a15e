"""The SQLite store beyond the contract: files, locks, several processes, and closing."""

import asyncio
import sqlite3
import sys
from asyncio.subprocess import PIPE
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from state.errors import StoreUnavailable, StoreUnusable
from state.store.sqlite.opening import open_sqlite
from tests.contract.asking import A, claim_one, complete, start, start_job, total
from tests.fakes.fake_clock import FakeClock

LEASE = timedelta(seconds=30)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "jobs.sqlite3")


def other_process(path: str) -> closing[sqlite3.Connection]:
    """Open the file as another process would, to lock it or to spoil it."""
    return closing(sqlite3.connect(path, isolation_level=None))


async def test_a_second_start_goes_on_where_the_first_left_off(path, clock):
    async with open_sqlite(path, lease=LEASE, clock=clock) as store:
        job = await start(store, source_activity="activity-1")
        await complete(store, job.id, "token of a dead process")
    clock.now -= timedelta(hours=1)
    async with open_sqlite(path, lease=LEASE, clock=clock) as store:
        assert (await start(store, source_activity="activity-1")).id == job.id
        assert (await start(store)).id > job.id
        clock.now += timedelta(hours=1) + LEASE
        assert (await claim_one(store)).notices[0].job_id == job.id


async def test_closing_finishes_what_was_asked_before_and_refuses_what_comes_after(path):
    async with open_sqlite(path, lease=LEASE) as store:
        asked = [asyncio.create_task(start(store)) for _ in range(600)]
        await asyncio.sleep(0)  # Each has asked, and none has an answer.
    jobs = await asyncio.gather(*asked)
    with pytest.raises(StoreUnavailable, match="closed"):
        await start(store)
    async with open_sqlite(path, lease=LEASE) as store:
        assert await total(store) == len({job.id for job in jobs}) == 600


async def test_a_write_waits_for_another_process_and_gives_up_without_a_trace(path):
    async with open_sqlite(path, lease=LEASE, busy=timedelta(milliseconds=20)) as store:
        with other_process(path) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreUnavailable, match="locked"):
                await store.commit([start_job()])
            assert await total(store) == 0  # Reading goes on meanwhile.
        assert await store.claim(10) == []
        await start(store)
        assert await total(store) == 1


async def test_a_write_goes_through_once_the_other_process_is_done(path):
    async with open_sqlite(path, lease=LEASE) as store:
        with other_process(path) as other:
            other.execute("BEGIN IMMEDIATE")
            writing = asyncio.create_task(start(store))
            await asyncio.wait([writing], timeout=0.02)
            assert not writing.done()
        await writing


async def test_a_database_that_another_process_is_changing_is_waited_for(path):
    """Several processes may first open one file at once, and switching it to WAL does not wait by itself."""
    with other_process(path) as other:
        other.execute("CREATE TABLE elsewhere (x)")
        other.execute("BEGIN IMMEDIATE")
        opened = open_sqlite(path, lease=LEASE)
        opening = asyncio.create_task(opened.__aenter__())
        await asyncio.wait([opening], timeout=0.05)
        assert not opening.done()
        other.execute("ROLLBACK")
        store = await opening
        await start(store)
        await opened.__aexit__(None, None, None)


_START_A_HUNDRED = """
import asyncio, sys
from datetime import timedelta
from state.store.sqlite.opening import open_sqlite
from tests.contract.asking import start

async def main():
    print("ready", flush=True)
    sys.stdin.readline()
    async with open_sqlite(sys.argv[1], lease=timedelta(seconds=30)) as store:
        jobs = await asyncio.gather(*(start(store) for _ in range(100)))
    print(*(job.id for job in jobs))

asyncio.run(main())
"""


@pytest.mark.slow
async def test_two_processes_make_and_fill_one_database_at_once(path):
    processes = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", _START_A_HUNDRED, path),
            stdin=PIPE,
            stdout=PIPE,
            cwd=Path(__file__).parents[3],
        )
        for _ in range(2)
    ]
    for process in processes:
        assert await process.stdout.readline() == b"ready\n"
    told = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
    numbers = [number for out, _ in told for number in out.split()]
    assert len(numbers) == len(set(numbers)) == 200
    async with open_sqlite(path, lease=LEASE) as store:
        assert await total(store) == 200


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
async def test_a_database_that_stays_locked_is_one_line(path, mode):
    async with open_sqlite(path, lease=LEASE):
        pass
    with other_process(path) as other:
        other.execute(f"PRAGMA journal_mode = {mode}")
        other.execute("BEGIN IMMEDIATE")
        await assert_unusable(path, f"The job log {path} cannot be used: database is locked")


async def test_a_database_of_a_newer_version_is_refused_and_left_alone(path):
    async with open_sqlite(path, lease=LEASE):
        pass
    with other_process(path) as other:
        other.execute("UPDATE alembic_version SET version_num = '9999'")
        other.execute("DROP TABLE bookmarks")
        before = schema(other)
        await assert_unusable(
            path,
            f"The job log {path} cannot be used: its schema is at revision 9999, which a newer version of the"
            " bot wrote: start that version, or name another database in DATABASE_URL",
        )
        assert schema(other) == before


async def test_a_database_of_somebody_elses_is_refused_and_left_alone(path):
    """The migration is undone as a whole where it fails half-way."""
    with other_process(path) as other:
        other.execute("CREATE TABLE notices (x)")
        before = schema(other)
        await assert_unusable(path, f"The job log {path} cannot be used: table notices already exists")
        assert schema(other) == before


async def test_an_empty_file_becomes_a_job_log(path):
    sqlite3.connect(path).close()
    async with open_sqlite(path, lease=LEASE) as store:
        assert (await start(store)).lane == A


async def test_a_folder_that_is_missing_is_said(tmp_path):
    with pytest.raises(StoreUnusable) as caught:
        async with open_sqlite(str(tmp_path / "gone" / "jobs.sqlite3"), lease=timedelta(seconds=30)):
            pass
    assert str(caught.value).endswith(f": the folder {tmp_path / 'gone'} does not exist, create it first")
    assert "\n" not in str(caught.value)


async def test_a_file_that_is_no_database_or_cannot_be_made_is_one_line(path, tmp_path):
    (tmp_path / "notes.txt").write_text("no database at all, this is")
    for name, reason in (("notes.txt", "file is not a database"), ("gone/jobs", "unable to open")):
        await assert_unusable(f"{tmp_path}/{name}", f"The job log {tmp_path}/{name} cannot be used: {reason}")


async def assert_unusable(path: str, line: str) -> None:
    with pytest.raises(StoreUnusable) as caught:
        async with open_sqlite(path, lease=LEASE, busy=timedelta(milliseconds=20)):
            pass
    assert str(caught.value).startswith(line)
    assert "\n" not in str(caught.value)


def schema(connection: sqlite3.Connection) -> list[str]:
    return [sql for (sql,) in connection.execute("SELECT sql FROM sqlite_master ORDER BY name")]
