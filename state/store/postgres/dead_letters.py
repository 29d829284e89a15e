"""Statements over dead letters."""

from collections.abc import Sequence

from instants import micros
from jobs.job import JOB_ID_LIMIT, JobId
from jobs.notice import DeadLetter, LetterPlace
from state.store.postgres.database import Connection
from state.store.postgres.events import EVENT_ADDRESS
from state.store.postgres.sql import ADDRESS, BEGINS_AT, FIRST_PROBE, NOW
from state.store.postgres.times import Times
from state.store.rows import DEAD_LETTER, dead_letter_of

#: Dead letters purged with one statement, so that it stays within the statement timeout.
_PURGED_AT_ONCE = 1000

_SELECT = (
    f"SELECT {DEAD_LETTER} FROM notices AS n JOIN jobs AS j ON j.id = n.job_id WHERE n.dead_at IS NOT NULL"
)

_REQUEUE = f"""
WITH letter AS (
    SELECT j.id, n.lane, n.seq, n.created_at, j.lane = n.lane AND j.notice_seq = n.seq AS of_end,
        CASE WHEN n.lane LIKE ':%' THEN 'webhook' ELSE 'conversation' END AS kind,
        CASE WHEN n.lane LIKE ':%' THEN {EVENT_ADDRESS} WHEN n.lane = j.lane THEN {ADDRESS} END AS address
    FROM notices AS n JOIN jobs AS j ON j.id = n.job_id
    WHERE n.lane = $2 AND n.seq = $3 AND n.dead_at IS NOT NULL FOR UPDATE OF j
), owing AS (
    INSERT INTO lanes AS l (lane, head, tail, due_at, kind, service_url)
    SELECT a.lane, new.begins_at, new.begins_at + 1, {NOW}, a.kind, a.address
    FROM letter AS a CROSS JOIN LATERAL (SELECT {BEGINS_AT.format(lane="a.lane")} AS begins_at) AS new
    ON CONFLICT (lane) DO UPDATE SET tail = l.tail + 1,
        due_at = CASE WHEN l.tail = l.head AND l.parked_at IS NULL THEN greatest({NOW}, l.not_before)
            ELSE coalesce(l.due_at, {NOW} + {FIRST_PROBE}) END
    RETURNING l.lane, l.tail
), told AS (
    UPDATE jobs AS j SET notice_seq = o.tail FROM letter JOIN owing AS o USING (lane)
    WHERE j.id = letter.id AND letter.of_end
)
UPDATE notices AS n SET seq = o.tail,
    -- The instant of an event stands in its id, by which the job system knows it.
    created_at = CASE WHEN n.lane LIKE ':%' THEN n.created_at ELSE {NOW} END,
    dead_at = NULL, attempts = NULL, status = NULL, last_error = NULL
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


_PURGE_THESE = """
WITH doomed AS (
    SELECT j.id, n.lane, n.seq FROM unnest($1::text[], $2::bigint[]) AS a (lane, seq)
    JOIN notices AS n ON n.lane = a.lane AND n.seq = a.seq JOIN jobs AS j ON j.id = n.job_id
    WHERE n.dead_at IS NOT NULL ORDER BY j.id FOR UPDATE OF j
), told AS (
    UPDATE jobs AS j SET notice_seq = 0 FROM doomed AS d
    WHERE j.id = d.id AND j.lane = d.lane AND j.notice_seq = d.seq
)
DELETE FROM notices AS n USING doomed AS d WHERE n.lane = d.lane AND n.seq = d.seq RETURNING n.seq
"""


async def list_dead_letters(
    connection: Connection, *, limit: int, after: DeadLetter | LetterPlace | None
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
    letter = await find_dead_letter(connection, job_id)
    return letter is not None and await requeue_letters(connection, [letter], times) == 1


async def requeue_letters(connection: Connection, letters: Sequence[DeadLetter], times: Times) -> int:
    """Put the notices back at the ends of their lanes; return how many of them were dead letters."""
    requeued = 0
    for letter in letters:  # Each by itself: a statement that changes a lane twice would see its old tail.
        requeued += len(await connection.fetch(_REQUEUE, times.now, letter.lane, letter.seq))
    return requeued


async def purge_letters(connection: Connection, letters: Sequence[DeadLetter]) -> int:
    """Delete the dead letters; return how many there were."""
    lanes, places = [letter.lane for letter in letters], [letter.seq for letter in letters]
    return len(await connection.fetch(_PURGE_THESE, lanes, places))


async def purge_dead_letters(connection: Connection, before: int) -> int:
    """Delete those that died before *before*; return how many."""
    purged = 0
    while True:
        rows = await connection.fetch(_PURGE, before)
        purged += len(rows)
        if len(rows) < _PURGED_AT_ONCE:
            return purged
