"""One thread owns the connection; whatever waits for it shares one commit."""

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

#: What may be asked of the thread: it gets the cursor and must not keep it. It may be run a second time, when
#: all that the first did was undone.
Work = Callable[[sqlite3.Cursor], T]

#: Does the same for each of at most `BULK` items, and returns what each came to, in their order.
Bulk = Callable[[sqlite3.Cursor, Sequence[I]], Sequence[T]]

BULK = 16  #: Each number of rows is a statement of its own, and SQLite keeps a limited number prepared.

#: Requests that are taken from the queue at a time, so that the first of them does not wait for ever.
_BATCH = 256

_BEGIN_READING, _BEGIN_WRITING = "BEGIN", "BEGIN IMMEDIATE"


class _Request(NamedTuple, Generic[T]):
    bulk: Bulk[Any, T]
    item: Any
    writes: bool
    answer: "asyncio.Future[T]"


class GroupCommit:
    """
    Runs reads and writes on one SQLite connection in a thread of its own.

    Everything that is queued when the thread looks joins one batch: first its reads, all of one moment
    whatever other processes write meanwhile, then its writes in one ``BEGIN IMMEDIATE``. So a commit, which
    waits for the disk, is paid once a batch; a write that comes while the batch waits for another process to
    commit goes along. Writes that are alike are made by few statements: for each, the thread hands the
    interpreter to the event loop and waits to get it back. A write that fails takes no other with it: all of
    them are undone and done again, with a SAVEPOINT each. A write is answered only after the commit.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Take over *connection*; it must be in autocommit mode and free of thread checks."""
        self._connection = connection
        self._asked: list[_Request[Any]] = []  # In this round of the event loop.
        self._queue: SimpleQueue[list[_Request[Any]] | None] = SimpleQueue()
        self._closed = False
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="sqlite", daemon=True)
        self._thread.start()

    async def read(self, work: Work[T]) -> T:
        """Return what *work* reads; it sees every write that was answered before."""
        return await self._ask(_one_by_one, work, writes=False)

    async def write(self, work: Work[T]) -> T:
        """
        Return what *work* returned, once the transaction it was part of is on the disk.

        Raises `StoreUnavailable` if the database failed; then nothing of *work* was stored. A caller that
        is cancelled meanwhile has not undone anything.
        """
        return await self._ask(_one_by_one, work, writes=True)

    async def write_alike(self, bulk: Bulk[I, T], item: I) -> T:
        """Return what *bulk* returns for *item*, which may be one of many; otherwise like `write`."""
        return await self._ask(bulk, item, writes=True)

    async def close(self) -> None:
        """Finish what is queued, then close the connection."""
        if not self._closed:
            self._closed = True
            self._hand_over()
            self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    async def _ask(self, bulk: Bulk[I, T], item: I, *, writes: bool) -> T:
        if self._closed:
            raise StoreUnavailable("the database is closed")
        answer: asyncio.Future[T] = self._loop.create_future()
        if not self._asked:  # Whoever else asks in this round goes along: waking the thread is dear.
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
            with suppress(RuntimeError):  # The loop is closed: nobody waits any more.
                self._loop.call_soon_threadsafe(_answer, results)


class _Inbox:
    """What was asked of the thread and is not begun."""

    def __init__(self, queue: SimpleQueue[list[_Request[Any]] | None]) -> None:
        self._queue = queue
        self._waiting: list[_Request[Any]] = []
        self._ended = False

    def wait(self) -> bool:
        """Wait until there is something to do; return False once there never will be."""
        if not self._waiting and not self._ended:
            self._add(self._queue.get())
        self._look()
        return bool(self._waiting)

    def take(self, *, writes: bool) -> list[_Request[Any]]:
        """Hand out the writes, or the reads."""
        taken = [request for request in self._waiting if request.writes == writes]
        self._waiting = [request for request in self._waiting if request.writes != writes]
        return taken

    def take_late_writes(self) -> list[_Request[Any]]:
        """Hand out the writes that have come meanwhile; reads stay, or they would see what may be undone."""
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
    except Exception as error:  # Ours to hand on: the waiting turn raises it, and this thread goes on.
        return _Result(error=error)


def _transact(
    cursor: sqlite3.Cursor,
    begin: str,
    requests: list[_Request[Any]],
    run: Callable[[sqlite3.Cursor, list[_Request[Any]]], list[_Result]],
    take_late: Callable[[], list[_Request[Any]]] = list,
) -> list[tuple[_Request[Any], _Result]]:
    """
    Run *requests* in one transaction; if that as a whole fails, so does every one of them.

    What *take_late* returns once the transaction is open goes along.
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
    """Do all of *requests*, what is alike at once; if any fails, undo all and do each by itself, shielded."""
    try:
        return _in_bulk(cursor, requests)
    except Exception:  # Whose it is, and what it comes to, shows the second time.
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
