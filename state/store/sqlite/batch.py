"""
One batch of the store's thread: its requests in one transaction, alike writes by few statements.

Everything here runs in the thread that owns the connection.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
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

BEGIN_READING, BEGIN_WRITING = "BEGIN", "BEGIN IMMEDIATE"


class Request(NamedTuple, Generic[T]):
    """One question to the thread, and the future that waits for its answer."""

    bulk: Bulk[Any, T]
    item: Any
    writes: bool
    answer: "asyncio.Future[T]"


class Result(NamedTuple):
    """What a request came to: a value, or the error to raise where it was asked."""

    value: Any = None
    error: Exception | None = None


def one_by_one(cursor: sqlite3.Cursor, works: Sequence[Work[T]]) -> list[T]:
    """Run each of *works*: the `Bulk` of requests that have no statement in common."""
    return [work(cursor) for work in works]


def _attempt(cursor: sqlite3.Cursor, request: Request[Any]) -> Result:
    try:
        (value,) = request.bulk(cursor, [request.item])
        return Result(value)
    except sqlite3.Error as error:
        return Result(error=_unavailable(error))
    except Exception as error:  # Raised in the waiting caller; this thread must continue.
        return Result(error=error)


def transact(
    cursor: sqlite3.Cursor,
    begin: str,
    requests: list[Request[Any]],
    run: Callable[[sqlite3.Cursor, list[Request[Any]]], list[Result]],
    take_late: Callable[[], list[Request[Any]]] = list,
) -> list[tuple[Request[Any], Result]]:
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
        return [(request, Result(error=_unavailable(error))) for request in requests]
    return list(zip(requests, results, strict=True))


def each_alone(cursor: sqlite3.Cursor, requests: list[Request[Any]]) -> list[Result]:
    """Run *requests* one after the other; one that fails takes no other with it."""
    return [_attempt(cursor, request) for request in requests]


def together(cursor: sqlite3.Cursor, requests: list[Request[Any]]) -> list[Result]:
    """Run *requests*, those of one kind in bulk; if any fails, roll back and run each in a SAVEPOINT."""
    try:
        return _in_bulk(cursor, requests)
    except Exception:  # The second run finds the request that fails, and its error.
        cursor.execute("ROLLBACK")
        cursor.execute(BEGIN_WRITING)
        return [_attempt_within(cursor, request) for request in requests]


def _in_bulk(cursor: sqlite3.Cursor, requests: list[Request[Any]]) -> list[Result]:
    alike: dict[Bulk[Any, Any], list[int]] = {}
    for place, request in enumerate(requests):
        alike.setdefault(request.bulk, []).append(place)
    results = [Result()] * len(requests)
    for bulk, places in alike.items():
        for start in range(0, len(places), BULK):
            some = places[start : start + BULK]
            values = bulk(cursor, [requests[place].item for place in some])
            for place, value in zip(some, values, strict=True):
                results[place] = Result(value)
    return results


def _attempt_within(cursor: sqlite3.Cursor, request: Request[Any]) -> Result:
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
