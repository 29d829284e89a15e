"""Keep what conversations want to be told, and hold back what they do not want now."""

from collections.abc import Sequence, Set
from datetime import timedelta

import orjson

from jobs.changes import SetPreferences
from jobs.job import JobStatus
from jobs.lane import LaneKey
from jobs.notice import Claim, Notice, NoticeKind
from state.errors import LeaseLost
from state.store.postgres.claiming import waiting_notices
from state.store.postgres.database import Connection
from state.store.postgres.sql import BEGINS_AT, NOW, columns
from state.store.postgres.times import Times
from state.store.preferring import ENDS, JOBS_LOOKED_BACK, dump_passes, rearranged
from state.store.rows import status_of

SET = f"""
INSERT INTO lanes AS l (lane, head, tail, preferences)
SELECT $2, begins_at, begins_at, nullif(jsonb_strip_nulls($3::jsonb), '{{}}')::text
FROM (SELECT {BEGINS_AT.format(lane="$2")} AS begins_at) AS new
ON CONFLICT (lane) DO UPDATE SET preferences = nullif(
        jsonb_strip_nulls(coalesce(l.preferences, '{{}}')::jsonb || $3::jsonb), '{{}}'
    )::text,
    due_at = CASE WHEN l.passes IS NULL THEN l.due_at ELSE greatest({NOW}, l.not_before) END, passes = NULL
"""
# Jobs are locked before lanes, like everywhere.
LOCK_JOBS = f"""
SELECT j.id FROM jobs AS j WHERE j.id IN (
    SELECT n.job_id FROM lanes AS l JOIN notices AS n ON n.lane = l.lane AND n.seq > l.head
    WHERE l.lane = $1 AND n.kind IN {ENDS}
) ORDER BY j.id FOR UPDATE
"""
_LANE = "SELECT head, tail FROM lanes WHERE lane = $1 AND token = $2 FOR UPDATE"
_PASSING = (
    "SELECT EXISTS (SELECT 1 FROM notices WHERE lane = $1 AND seq > $2 AND kind = ANY ($3::text[])) AS any"
)
_HOLD = f"""
UPDATE lanes SET token = NULL, due_at = greatest({NOW} + $3::bigint, not_before), passes = $4, pace = $5
WHERE lane = $2
"""
# Those that do not pass go behind the tail by as much as the lane is long: so they keep their order, and no
# two notices ever have the same place.
MOVE = f"""
WITH moved AS (
    UPDATE notices SET seq = seq + $4 WHERE lane = $1 AND seq > $2 AND kind <> ALL ($3::text[])
    RETURNING lane, job_id, kind
)
UPDATE jobs AS j SET notice_seq = j.notice_seq + $4 FROM moved AS m
WHERE m.kind IN {ENDS} AND j.id = m.job_id AND j.lane = m.lane
"""
_ADVANCE = f"""
UPDATE lanes AS l SET tail = (SELECT max(n.seq) FROM notices AS n WHERE n.lane = l.lane),
    due_at = {NOW} + $3::bigint, attempts = 0, unknowns = 0, first_attempt_at = NULL
WHERE l.lane = $2
"""
# The conditions are those of the indexes that have the order of a conversation's jobs.
OUTCOMES_BEFORE = f"""
SELECT (
    SELECT status FROM (
        (SELECT id, status, title FROM jobs AS j
        WHERE a.tenant = $1 AND j.tenant = $1 AND j.lane = $1 AND j.id < a.id
        ORDER BY id DESC LIMIT {JOBS_LOOKED_BACK})
        UNION ALL
        (SELECT id, status, title FROM jobs AS j
        WHERE a.tenant <> $1 AND j.tenant <> j.lane AND j.lane = $1 AND j.id < a.id
        ORDER BY id DESC LIMIT {JOBS_LOOKED_BACK})
    ) AS earlier
    WHERE title = a.title AND status IN ('completed', 'failed') ORDER BY id DESC LIMIT 1
) AS status
FROM unnest($2::bigint[], $3::text[], $4::text[]) WITH ORDINALITY AS a (id, title, tenant, ord) ORDER BY ord
"""


async def set_preferences(connection: Connection, change: SetPreferences, times: Times) -> None:
    """Change what a conversation wants; what its quiet hours hold is due, so that it is looked at again."""
    await connection.execute(SET, times.now, change.lane, orjson.dumps(change.changes).decode())


async def hold_back(
    connection: Connection, claim: Claim, passes: Set[NoticeKind], after: timedelta, times: Times
) -> Claim | None:
    """
    Put the notices that do not pass behind the others, or if there are no others, give the lane back.

    In the caller's transaction. Raises `LeaseLost`.
    """
    lane, kinds = claim.lane, [kind.value for kind in passes]
    await connection.fetch(LOCK_JOBS, lane)
    held = await connection.fetch(_LANE, lane, claim.token)
    if not held:
        raise LeaseLost(lane)
    head, tail = held[0]["head"], held[0]["tail"]
    [found] = await connection.fetch(_PASSING, lane, head, kinds)
    if not found["any"]:
        after_micros = after // timedelta(microseconds=1)
        await connection.execute(_HOLD, times.now, lane, after_micros, dump_passes(passes), claim.pace)
        return None
    await connection.execute(MOVE, lane, head, kinds, tail - head)
    await connection.execute(_ADVANCE, times.now, lane, times.lease)
    [notices] = await waiting_notices(connection, [(lane, head)])
    return rearranged(claim, notices, leased_until=times.leased_until)


async def outcomes_before(
    connection: Connection, lane: LaneKey, notices: Sequence[Notice]
) -> list[JobStatus | None]:
    """Return how the job before each of these ended that has the same title in the same conversation."""
    asked = [(notice.job_id, notice.title, notice.tenant) for notice in notices]
    rows = await connection.fetch(OUTCOMES_BEFORE, lane, *columns(asked, 3))
    return [None if row["status"] is None else status_of(row["status"]) for row in rows]
