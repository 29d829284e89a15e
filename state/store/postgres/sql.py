"""What the statements have in common."""

from collections.abc import Iterable, Sequence
from typing import Any

from instants import instant
from jobs.job import Job, JobId
from jobs.lane import LaneKey
from state.store.postgres.database import Row

#: The present instant in microseconds: the statement's first argument, or where that is NULL, the server's
#: clock when the statement came in. That is one clock for all replicas.
NOW = "coalesce($1::bigint, (extract(epoch FROM statement_timestamp()) * 1000000)::bigint)"

JOB = "j.id, j.lane, j.tenant, j.title, j.requested_by, j.created_at, j.completed_at"


def columns(rows: Iterable[Sequence[Any]], width: int) -> list[list[Any]]:
    """Return *rows* of *width* values as that many arrays, for `unnest`."""
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]


def job_of(row: Row) -> Job:
    """Return the job in *row*, which has the columns of `JOB`."""
    completed_at = row["completed_at"]
    return Job(
        id=JobId(row["id"]),
        lane=LaneKey(row["lane"]),
        tenant=row["tenant"],
        title=row["title"],
        requested_by=row["requested_by"],
        created_at=instant(row["created_at"]),
        completed_at=None if completed_at is None else instant(completed_at),
    )
