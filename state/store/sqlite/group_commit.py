"""Group commit: one thread owns the connection, and all waiting writes share one commit."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from state.errors import StoreUnavailable
from state.store.sqlite.batch import (
    BEGIN_READING,
    BEGIN_WRITING,
    Bulk,
    Request,
    Result,
    Work,
    each_alone,
    one_by_one,
    together,
    transact,
)

I = TypeVar("I")  # noqa: E741  # An item, as in `Bulk`.
T = TypeVar("T")

#: Maximum requests taken from the queue for one batch, so that the first one does not wait too long.
_BATCH = 256


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

    def __init__(self, connection: sqlite3.Connection, *, guard: Callable[[], None] | None = None) -> None:
        """
        Take over *connection*, which must be in autocommit mode and opened without thread checks.

        *guard* is called in each write transaction, and raises `sqlite3.Error` if nothing may be written.
        """
        self._connection = connection
        self._guard = guard
        self._asked: list[Request[Any]] = []  # In this iteration of the event loop.
        self._queue: SimpleQueue[list[Request[Any]] | None] = SimpleQueue()
        self._closed = False
        self._taken_on = self._answered = 0  # Requests in all; the thread alone counts answers.
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="sqlite", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many requests have been asked and not answered."""
        return self._taken_on - self._answered

    async def read(self, work: Work[T]) -> T:
        """Return the result of *work*, which sees every write that was answered before."""
        return await self._ask(one_by_one, work, writes=False)

    async def write(self, work: Work[T]) -> T:
        """
        Return the result of *work* once its transaction is on the disk.

        Raises `StoreUnavailable` if the database failed; then nothing was stored. Cancelling the caller does
        not undo the write.
        """
        return await self._ask(one_by_one, work, writes=True)

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
        self._taken_on += 1
        self._asked.append(Request(bulk, item, writes, answer))
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
            self._settle(transact(cursor, BEGIN_READING, reads, each_alone))
            writes = inbox.take(writes=True)
            self._settle(transact(cursor, BEGIN_WRITING, writes, self._write, inbox.take_late_writes))
        self._connection.close()

    def _write(self, cursor: sqlite3.Cursor, requests: list[Request[Any]]) -> list[Result]:
        if self._guard is not None:
            self._guard()
        return together(cursor, requests)

    def _settle(self, results: "list[tuple[Request[Any], Result]]") -> None:
        """Hand all *results* to the event loop in one wake-up."""
        if results:
            self._answered += len(results)
            with suppress(RuntimeError):  # The loop is closed, so no caller is waiting.
                self._loop.call_soon_threadsafe(_answer, results)


class _Inbox:
    """Requests that the thread has not started."""

    def __init__(self, queue: SimpleQueue[list[Request[Any]] | None]) -> None:
        self._queue = queue
        self._waiting: list[Request[Any]] = []
        self._ended = False

    def wait(self) -> bool:
        """Wait for requests; return False after the queue was closed and is empty."""
        if not self._waiting and not self._ended:
            self._add(self._queue.get())
        self._look()
        return bool(self._waiting)

    def take(self, *, writes: bool) -> list[Request[Any]]:
        """Remove and return the writes, or the reads."""
        taken = [request for request in self._waiting if request.writes == writes]
        self._waiting = [request for request in self._waiting if request.writes != writes]
        return taken

    def take_late_writes(self) -> list[Request[Any]]:
        """Remove and return writes that arrived since; reads wait, or they could see uncommitted data."""
        self._look()
        return self.take(writes=True)

    def _look(self) -> None:
        with suppress(Empty):
            while len(self._waiting) < _BATCH:
                self._add(self._queue.get_nowait())

    def _add(self, asked: list[Request[Any]] | None) -> None:
        if asked is None:
            self._ended = True
        else:
            self._waiting += asked


def _answer(results: list[tuple[Request[Any], Result]]) -> None:
    for request, result in results:
        if request.answer.done():  # Cancelled.
            continue
        if result.error is not None:
            request.answer.set_exception(result.error)
        else:
            request.answer.set_result(result.value)
