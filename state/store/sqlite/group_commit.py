"""Group commit: one thread owns the connection, and all waiting writes share one commit."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, Generic, NamedTuple, TypeVar

from state.errors import StoreUnavailable

I = TypeVar("I")  # noqa: E741  # An item, as in `Bulk`.
T = TypeVar("T")

#: Work for the thread: it gets the cursor and must not keep it. It may run a second time after a rollback of
#: the first.
Work = Callable[[sqlite3.Cursor], T]

#: Does the same work for at most `BULK` items, and returns their results in the same order.
Bulk = Callable[[sqlite3.Cursor, Sequence[I]], Sequence[T]]

BULK = 16  #: Each number of rows needs its own prepared statement, and SQLite caches a limited number.

#: Maximum requests taken from the queue for one batch, so that the first one does not wait too long.
_BATCH = 256

_BEGIN_READING, _BEGIN_WRITING = "BEGIN", "BEGIN IMMEDIATE"


class _Request(NamedTuple, Generic[T]):
    bulk: Bulk[Any, T]
    item: Any
    writes: bool
    answer: "asyncio.Future[T]"


class GroupCommit:
    """
    Runs reads and writes on one SQLite connection in a separate thread.

    All queued requests form one batch: first the reads, in one snapshot, then the writes in one ``BEGIN
    IMMEDIATE``. So a batch waits for the disk once, in its commit. Writes that arrive while the batch waits
    for another process's lock join it. Writes of the same kind share few statements, because for each
    statement the thread releases the GIL and waits for the event loop to return it. If a write fails, the
    others still succeed: the batch is rolled back and repeated with a SAVEPOINT for each write. A write is
    answered only after the commit.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Take over *connection*, which must be in autocommit mode and opened without thread checks."""
        self._connection = connection
        self._asked: list[_Request[Any]] = []  # In this iteration of the event loop.
        self._queue: SimpleQueue[list[_Request[Any]] | None] = SimpleQueue()
        self._closed = False
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="sqlite", daemon=True)
        self._thread.start()

    async def read(self, work: Work[T]) -> T:
        """Return the result of *work*, which sees every write that was answered before."""
        return await self._ask(_one_by_one, work, writes=False)

    async def write(self, work: Work[T]) -> T:
        """
        Return the result of *work* once its transaction is on the disk.

        Raises `StoreUnavailable` if the database failed; then nothing was stored. Cancelling the caller does
        not undo the write.
        """
        return await self._ask(_one_by_one, work, writes=True)

    async def write_alike(self, bulk: Bulk[I, T], item: I) -> T:
        """Return the result of *bulk* for *item*, which may share the call with others; else like `write`."""
        return await self._ask(bulk, item, writes=True)

    async def close(self) -> None:
        """Finish the queued requests, then close the connection."""
        if not self._closed:
            self._closed = True
            self._hand_over()
            self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    async def _ask(self, bulk: Bulk[I, T], item: I, *, writes: bool) -> T:
        if self._closed:
            raise StoreUnavailable("the database is closed")
        answer: asyncio.Future[T] = self._loop.create_future()
        if not self._asked:  # Requests of one loop iteration are queued together: waking the thread is slow.
            self._loop.call_soon(self._hand_over)
        self._asked.append(_Request(bulk, item, writes, answer))
        return await answer

    def _hand_over(self) -> None:
        if self._asked:
            self._queue.put(self._asked)
            self._asked = []

    # Everything below runs in the thread.

    def _run(self) -> None:
        cursor = self._connection.cursor()
        inbox = _Inbox(self._queue)
        while inbox.wait():
            reads = inbox.take(writes=False)
            self._settle(_transact(cursor, _BEGIN_READING, reads, _each))
            writes = inbox.take(writes=True)
            self._settle(_transact(cursor, _BEGIN_WRITING, writes, _together, inbox.take_late_writes))
        self._connection.close()

    def _settle(self, results: "list[tuple[_Request[Any], _Result]]") -> None:
        """Hand all *results* to the event loop in one wake-up."""
        if results:
            with suppress(RuntimeError):  # The loop is closed, so no caller is waiting.
                self._loop.call_soon_threadsafe(_answer, results)


class _Inbox:
    """Requests that the thread has not started."""

    def __init__(self, queue: SimpleQueue[list[_Request[Any]] | None]) -> None:
        self._queue = queue
        self._waiting: list[_Request[Any]] = []
        self._ended = False

    def wait(self) -> bool:
        """Wait for requests; return False after the queue was closed and is empty."""
        if not self._waiting and not self._ended:
            self._add(self._queue.get())
        self._look()
        return bool(self._waiting)

    def take(self, *, writes: bool) -> list[_Request[Any]]:
        """Remove and return the writes, or the reads."""
        taken = [request for request in self._waiting if request.writes == writes]
        self._waiting = [request for request in self._waiting if request.writes != writes]
        return taken

    def take_late_writes(self) -> list[_Request[Any]]:
        """Remove and return writes that arrived since; reads wait, or they could see uncommitted data."""
        self._look()
        return self.take(writes=True)

    def _look(self) -> None:
        with suppress(Empty):
            while len(self._waiting) < _BATCH:
                self._add(self._queue.get_nowait())

    def _add(self, asked: list[_Request[Any]] | None) -> None:
        if asked is None:
            self._ended = True
        else:
            self._waiting += asked


class _Result(NamedTuple):
    value: Any = None
    error: Exception | None = None


def _answer(results: list[tuple[_Request[Any], _Result]]) -> None:
    for request, result in results:
        if request.answer.done():  # Cancelled.
            continue
        if result.error is not None:
            request.answer.set_exception(result.error)
        else:
            request.answer.set_result(result.value)


def _one_by_one(cursor: sqlite3.Cursor, works: Sequence[Work[T]]) -> list[T]:
    return [work(cursor) for work in works]


def _attempt(cursor: sqlite3.Cursor, request: _Request[Any]) -> _Result:
    try:
        (value,) = request.bulk(cursor, [request.item])
        return _Result(value)
    except sqlite3.Error as error:
        return _Result(error=_unavailable(error))
    except Exception as error:  # Raised in the waiting caller; this thread must continue.
        return _Result(error=error)


def _transact(
    cursor: sqlite3.Cursor,
    begin: str,
    requests: list[_Request[Any]],
    run: Callable[[sqlite3.Cursor, list[_Request[Any]]], list[_Result]],
    take_late: Callable[[], list[_Request[Any]]] = list,
) -> list[tuple[_Request[Any], _Result]]:
    """
    Run *requests* in one transaction; if the transaction fails, all of them fail.

    Requests that *take_late* returns after BEGIN join the transaction.
    """
    if not requests:
        return []
    try:
        cursor.execute(begin)
        requests = requests + take_late()
        results = run(cursor, requests)
        cursor.execute("COMMIT")
    except sqlite3.Error as error:
        with suppress(sqlite3.Error):
            cursor.execute("ROLLBACK")
        return [(request, _Result(error=_unavailable(error))) for request in requests]
    return list(zip(requests, results, strict=True))


def _each(cursor: sqlite3.Cursor, requests: list[_Request[Any]]) -> list[_Result]:
    return [_attempt(cursor, request) for request in requests]


def _together(cursor: sqlite3.Cursor, requests: list[_Request[Any]]) -> list[_Result]:
    """Run *requests*, those of one kind in bulk; if any fails, roll back and run each in a SAVEPOINT."""
    try:
        return _in_bulk(cursor, requests)
    except Exception:  # The second run finds the request that fails, and its error.
        cursor.execute("ROLLBACK")
        cursor.execute(_BEGIN_WRITING)
        return [_attempt_within(cursor, request) for request in requests]


def _in_bulk(cursor: sqlite3.Cursor, requests: list[_Request[Any]]) -> list[_Result]:
    alike: dict[Bulk[Any, Any], list[int]] = {}
    for place, request in enumerate(requests):
        alike.setdefault(request.bulk, []).append(place)
    results = [_Result()] * len(requests)
    for bulk, places in alike.items():
        for start in range(0, len(places), BULK):
            some = places[start : start + BULK]
            values = bulk(cursor, [requests[place].item for place in some])
            for place, value in zip(some, values, strict=True):
                results[place] = _Result(value)
    return results


def _attempt_within(cursor: sqlite3.Cursor, request: _Request[Any]) -> _Result:
    cursor.execute("SAVEPOINT work")
    result = _attempt(cursor, request)
    if result.error is not None:
        cursor.execute("ROLLBACK TO work")
    cursor.execute("RELEASE work")
    return result


def _unavailable(error: sqlite3.Error) -> StoreUnavailable:
    unavailable = StoreUnavailable(f"SQLite: {error}")
    unavailable.__cause__ = error
    return unavailable
