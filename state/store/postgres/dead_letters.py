"""Statements over dead letters."""

from instants import micros
from jobs.job import JOB_ID_LIMIT, JobId
from jobs.notice import DeadLetter
from state.store.postgres.database import Connection
from state.store.postgres.events import forget_all_empty
from state.store.postgres.sql import FIRST_PROBE, NOW
from state.store.postgres.times import Times
from state.store.rows import DEAD_LETTER, dead_letter_of

#: Dead letters purged with one statement, so that it stays within the statement timeout.
_PURGED_AT_ONCE = 1000

_SELECT = (
    f"SELECT {DEAD_LETTER} FROM notices AS n JOIN jobs AS j ON j.id = n.job_id WHERE n.dead_at IS NOT NULL"
)

_REQUEUE = f"""
WITH letter AS (
    SELECT j.id, n.lane, n.seq FROM jobs AS j JOIN notices AS n ON n.lane = j.lane AND n.seq = j.notice_seq
    WHERE j.id = $2 AND n.dead_at IS NOT NULL FOR UPDATE OF j
), owing AS (
    UPDATE lanes AS l SET tail = l.tail + 1,
        due_at = CASE WHEN l.tail = l.head AND l.parked_at IS NULL THEN greatest({NOW}, l.not_before)
            ELSE coalesce(l.due_at, {NOW} + {FIRST_PROBE}) END
    FROM letter WHERE l.lane = letter.lane RETURNING l.lane, l.tail
), told AS (
    UPDATE jobs AS j SET notice_seq = o.tail FROM letter JOIN owing AS o USING (lane) WHERE j.id = letter.id
)
UPDATE notices AS n SET seq = o.tail, created_at = {NOW}, dead_at = NULL, attempts = NULL, status = NULL,
    last_error = NULL
FROM letter JOIN owing AS o USING (lane) WHERE n.lane = letter.lane AND n.seq = letter.seq
RETURNING n.seq
"""

_PURGE = f"""
WITH doomed AS (
    SELECT j.id, n.lane, n.seq FROM notices AS n JOIN jobs AS j ON j.id = n.job_id
    WHERE n.dead_at < $1 ORDER BY j.id LIMIT {_PURGED_AT_ONCE} FOR UPDATE OF j
), told AS (
    UPDATE jobs AS j SET notice_seq = 0 FROM doomed AS d
    WHERE j.id = d.id AND j.lane = d.lane AND j.notice_seq = d.seq
)
DELETE FROM notices AS n USING doomed AS d WHERE n.lane = d.lane AND n.seq = d.seq AND n.dead_at < $1
RETURNING n.seq
"""


async def list_dead_letters(
    connection: Connection, *, limit: int, after: DeadLetter | None
) -> list[DeadLetter]:
    """Return at most *limit* dead letters, oldest first, starting after *after*."""
    place = (0, "", 0) if after is None else (micros(after.dead_at), after.lane, after.seq)
    rows = await connection.fetch(
        f"{_SELECT} AND (n.dead_at, n.lane, n.seq) > ($1, $2, $3) ORDER BY n.dead_at, n.lane, n.seq LIMIT $4",
        *place,
        limit,
    )
    return [dead_letter_of([*row.values()]) for row in rows]


async def find_dead_letter(connection: Connection, job_id: JobId) -> DeadLetter | None:
    """Return the dead letter of a job."""
    rows = await connection.fetch(
        f"{_SELECT} AND j.id = $1 AND n.lane = j.lane AND n.seq = j.notice_seq", min(job_id, JOB_ID_LIMIT)
    )
    return dead_letter_of([*rows[0].values()]) if rows else None


async def requeue_dead_letter(connection: Connection, job_id: JobId, times: Times) -> bool:
    """Put the notice back at the end of its lane; return whether there was a dead letter."""
    return bool(await connection.fetch(_REQUEUE, times.now, min(job_id, JOB_ID_LIMIT)))


async def purge_dead_letters(connection: Connection, before: int) -> int:
    """Delete those that died before *before*; return how many."""
    purged = 0
    while True:
        rows = await connection.fetch(_PURGE, before)
        purged += len(rows)
        if len(rows) < _PURGED_AT_ONCE:
            await forget_all_empty(connection)
            return purged
