"""
How much waits in the outbox: figures for an operator, read every few seconds.

Each is counted to `COUNTED` and no further, along an index, so that reading them costs the same however long
the job log and the backlog are. A figure that is `COUNTED` means "at least so many".
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple, Protocol

COUNTED = 10_000


class Levels(NamedTuple):
    """What waits. A destination is the value of a `DestinationKind`."""

    notices: Mapping[tuple[str, str], int]  #: By destination and state: see `_STATE`.
    lanes_due: Mapping[str, int]  #: By destination.
    #: By destination: the age of the oldest notice that is neither held nor parked; of those due longest.
    oldest: Mapping[str, timedelta]
    parked: int  #: Conversations.
    dead_letters: Mapping[str, int]  #: By destination.


class Load(NamedTuple):
    """How busy a process's access to the database is at the moment."""

    waiting: int  #: Requests that have been asked and not answered.
    connections: int | None = None  #: In use, where there is a pool.
    most_connections: int | None = None


class Watched(Protocol):
    """What those who measure ask of a store."""

    async def levels(self) -> Levels:
        """Return what waits in the outbox; raise `StoreUnavailable`."""

    def load(self) -> Load:
        """Return how busy this process's access to the database is."""


def statement(now: str, counted: int = COUNTED) -> str:
    """
    Return the statement whose rows `levels_of` takes; *now* is its SQL for the present instant.

    The rows: a figure, its destination, a state, a number, and the age of the oldest notice in microseconds.
    """
    # Where a notice stands, by its lane `l`: the first that fits.
    state = f"""
        CASE WHEN l.parked_at IS NOT NULL THEN 'parked'
            WHEN l.token IS NOT NULL AND l.due_at > {now} THEN 'sending'
            WHEN l.not_before > {now} OR l.passes IS NOT NULL THEN 'held'
            WHEN l.due_at <= {now} THEN 'due' ELSE 'waiting' END"""
    # Lanes in which something waits, those that are due longest first; parked and held ones come last.
    pending = f"(SELECT * FROM lanes WHERE due_at IS NOT NULL ORDER BY due_at LIMIT {counted})"
    of_lane = "FROM notices AS n WHERE n.lane = l.lane AND n.seq > l.head"
    return f"""
        SELECT 'notices' AS figure, kind AS destination, state, count(*) AS number, 0 AS age FROM (
            SELECT l.kind, {state} AS state FROM {pending} AS l
            JOIN notices AS n ON n.lane = l.lane AND n.seq > l.head LIMIT {counted}
        ) AS waiting GROUP BY kind, state
        UNION ALL
        SELECT 'lanes', kind, state, count(*), {now} - min(first) FROM (
            SELECT l.kind, {state} AS state, (SELECT n.created_at {of_lane} ORDER BY n.seq LIMIT 1) AS first
            FROM {pending} AS l
        ) AS lanes WHERE first IS NOT NULL GROUP BY kind, state
        UNION ALL
        SELECT 'parked', '', '', count(*), 0 FROM (
            SELECT 1 FROM lanes WHERE parked_at IS NOT NULL LIMIT {counted}
        ) AS parked
        UNION ALL
        SELECT 'dead', destination, '', count(*), 0 FROM (
            SELECT CASE WHEN lane LIKE ':%' THEN 'webhook' ELSE 'conversation' END AS destination
            FROM notices WHERE dead_at IS NOT NULL LIMIT {counted}
        ) AS dead GROUP BY destination"""


def levels_of(rows: Iterable[Sequence[Any]]) -> Levels:
    """Return the levels in the rows of `statement`."""
    found: defaultdict[str, dict[tuple[str, str], tuple[int, int]]] = defaultdict(dict)
    for figure, destination, state, number, age in rows:
        found[figure][destination, state] = number, age
    oldest: dict[str, timedelta] = {}
    for (destination, state), (_, age) in found["lanes"].items():
        if state not in ("held", "parked"):
            oldest[destination] = max(oldest.get(destination, timedelta()), timedelta(microseconds=age))
    return Levels(
        notices={of: number for of, (number, _) in found["notices"].items()},
        lanes_due={to: number for (to, state), (number, _) in found["lanes"].items() if state == "due"},
        oldest=oldest,
        parked=found["parked"]["", ""][0],
        dead_letters={destination: number for (destination, _), (number, _) in found["dead"].items()},
    )
