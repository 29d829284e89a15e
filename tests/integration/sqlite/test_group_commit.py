"""The thread that owns the connection: shared commits, and failures that do not affect other writes."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator

import pytest

from state.errors import StoreUnavailable
from state.store.sqlite.group_commit import GroupCommit


def connect(path: str) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False)


@pytest.fixture
def other(tmp_path) -> Iterator[sqlite3.Connection]:
    """Another process on the same database."""
    connection = connect(f"{tmp_path}/rows.sqlite3")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE rows (n PRIMARY KEY)")
    yield connection
    connection.close()


@pytest.fixture
def statements() -> list[str]:
    """The statements that the thread's connection ran."""
    return []


@pytest.fixture
async def group(tmp_path, other, statements) -> AsyncIterator[GroupCommit]:
    connection = connect(f"{tmp_path}/rows.sqlite3")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.set_trace_callback(statements.append)
    group = GroupCommit(connection)
    yield group
    await group.close()


class Queued:
    """Keeps the thread busy, so that all that is asked of it meanwhile is one batch."""

    def __init__(self, group: GroupCommit) -> None:
        self._go_on = threading.Event()
        self._busy = asyncio.create_task(group.read(lambda cursor: self._go_on.wait(10)))

    async def __aenter__(self) -> None:
        await asyncio.sleep(0)

    async def __aexit__(self, *_: object) -> None:
        await asyncio.sleep(0)  # Whatever the body started has asked by now.
        self._go_on.set()
        await self._busy


def insert(n: int):
    return lambda cursor: cursor.execute("INSERT INTO rows VALUES (?)", (n,)).rowcount


def rows(cursor) -> list[int]:
    return [n for (n,) in cursor.execute("SELECT n FROM rows ORDER BY n")]


async def test_writes_that_wait_together_share_a_commit(group, statements):
    async with Queued(group):
        writes = [asyncio.create_task(group.write(insert(n))) for n in range(50)]
    assert await asyncio.gather(*writes) == [1] * 50
    assert statements.count("BEGIN IMMEDIATE") == 1


async def test_a_write_that_comes_while_another_process_commits_goes_along(tmp_path, other):
    """Otherwise each would wait for the other process again, and two would commit twice as often."""
    connection = connect(f"{tmp_path}/rows.sqlite3")
    statements: list[str] = []
    locked_out = threading.Event()

    def trace(statement: str) -> None:
        statements.append(statement)
        if statement == "BEGIN IMMEDIATE":
            locked_out.set()

    connection.set_trace_callback(trace)
    group = GroupCommit(connection)
    other.execute("BEGIN IMMEDIATE")
    early = asyncio.create_task(group.write(insert(1)))
    await asyncio.to_thread(locked_out.wait, 10)
    late = [asyncio.create_task(group.write(insert(n))) for n in (2, 3)]
    read = asyncio.create_task(group.read(rows))
    await asyncio.sleep(0)
    await asyncio.sleep(0)  # They have asked.
    other.execute("ROLLBACK")
    assert await asyncio.gather(early, *late) == [1, 1, 1]
    assert await read == [1, 2, 3]
    assert statements.count("BEGIN IMMEDIATE") == 1
    await group.close()


async def test_one_write_that_fails_takes_no_other_with_it(group):
    def insert_and_fail(cursor):
        insert(3)(cursor)
        raise ValueError("ours")

    async with Queued(group):
        writes = [
            asyncio.create_task(group.write(work))
            for work in (insert(1), insert(1), insert_and_fail, insert(2))
        ]
    fine, twice, ours, fine_too = await asyncio.gather(*writes, return_exceptions=True)
    assert (fine, fine_too) == (1, 1)
    assert isinstance(twice, StoreUnavailable)
    assert isinstance(twice.__cause__, sqlite3.IntegrityError)
    assert isinstance(ours, ValueError)
    assert await group.read(rows) == [1, 2]


async def test_a_commit_that_fails_stores_nothing_of_its_batch(group, other):
    """A write must not be answered before it is on the disk."""
    other.execute("CREATE TABLE parts (n REFERENCES rows DEFERRABLE INITIALLY DEFERRED)")
    async with Queued(group):
        writes = [
            asyncio.create_task(group.write(work))
            for work in (insert(1), lambda cursor: cursor.execute("INSERT INTO parts VALUES (9)").rowcount)
        ]
    outcomes = await asyncio.gather(*writes, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [StoreUnavailable, StoreUnavailable]
    await group.write(insert(2))
    assert await group.read(rows) == [2]


async def test_reads_are_answered_before_the_writes_they_wait_with(group, other):
    other.execute("BEGIN IMMEDIATE")
    async with Queued(group):
        write = asyncio.create_task(group.write(insert(1)))
        read = asyncio.create_task(group.read(rows))
    assert await read == []
    assert not write.done()
    other.execute("ROLLBACK")
    assert await write == 1


async def test_a_read_sees_every_write_that_was_answered_before(group):
    for n in range(5):
        await group.write(insert(n))
        assert n in await group.read(rows)


async def test_all_of_a_read_is_of_one_moment(group, other):
    """A job and what became of its notice are two statements; another process may settle in between."""

    def read_while_another_writes(cursor):
        before = rows(cursor)
        insert(1)(other)
        return before, rows(cursor)

    assert await group.read(read_while_another_writes) == ([], [])
    assert await group.read(rows) == [1]


async def test_a_caller_that_is_cancelled_undoes_nothing(group):
    async with Queued(group):
        writes = [asyncio.create_task(group.write(insert(n))) for n in range(2)]
        await asyncio.sleep(0)
        writes[0].cancel()
    assert await writes[1] == 1
    assert await group.read(rows) == [0, 1]
