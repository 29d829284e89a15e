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
    # Lanes in which something waits, those that are due longest first: parked and held ones come last. The
    # state is where their notices stand, the first that fits.
    return f"""
        WITH clock AS (SELECT {now} AS now), pending AS (
            SELECT l.lane, l.kind, l.head,
                CASE WHEN l.parked_at IS NOT NULL THEN 'parked'
                    WHEN l.token IS NOT NULL AND l.due_at > clock.now THEN 'sending'
                    WHEN l.not_before > clock.now OR l.passes IS NOT NULL THEN 'held'
                    WHEN l.due_at <= clock.now THEN 'due' ELSE 'waiting' END AS state
            FROM lanes AS l CROSS JOIN clock WHERE l.due_at IS NOT NULL ORDER BY l.due_at LIMIT {counted}
        )
        SELECT 'notices' AS figure, kind AS destination, state, count(*) AS number,
            (SELECT now FROM clock) - min(created_at) AS age
        FROM (
            SELECT p.kind, p.state, n.created_at FROM pending AS p
            JOIN notices AS n ON n.lane = p.lane AND n.seq > p.head LIMIT {counted}
        ) AS waiting GROUP BY kind, state
        UNION ALL
        SELECT 'lanes', kind, state, count(*), 0 FROM pending GROUP BY kind, state
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
    for (destination, state), (_, age) in found["notices"].items():
        if state not in ("held", "parked"):
            oldest[destination] = max(oldest.get(destination, timedelta()), timedelta(microseconds=age))
    return Levels(
        notices={of: number for of, (number, _) in found["notices"].items()},
        lanes_due={to: number for (to, state), (number, _) in found["lanes"].items() if state == "due"},
        oldest=oldest,
        parked=found["parked"]["", ""][0],
        dead_letters={destination: number for (destination, _), (number, _) in found["dead"].items()},
    )
