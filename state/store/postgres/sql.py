"""Common parts of SQL statements."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from state.store.leases import probe_after

#: The current time in microseconds: the statement's first argument, or if that is NULL, the server's clock
#: when the statement arrived, which is one clock for all replicas.
NOW = "coalesce($1::bigint, (extract(epoch FROM statement_timestamp()) * 1000000)::bigint)"

#: Microseconds until the first probe of a parked lane.
FIRST_PROBE = f"{probe_after(0) // timedelta(microseconds=1)}::bigint"

#: Whether quiet hours hold the lane `l`: what they let through is then due.
IS_HELD = "l.passes IS NOT NULL AND l.token IS NULL AND l.parked_at IS NULL"

#: Jobs are locked before lanes, and lanes in the order of their keys: then statements do not deadlock.
LOCK_LANES = "SELECT lane FROM lanes WHERE lane = ANY ($1::text[]) ORDER BY lane FOR UPDATE"


def columns(rows: Iterable[Sequence[Any]], width: int) -> list[list[Any]]:
    """Return *rows* of *width* values as that many arrays, for `unnest`."""
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]
