"""Owe a notice in addition to the one about a job's end."""

from instants import micros
from jobs.changes import Owed, OweNotice
from jobs.job import JOB_ID_LIMIT
from state.store.postgres.database import Connection
from state.store.postgres.sql import FIRST_PROBE, NOW
from state.store.postgres.times import Times
from state.store.rows import CLAIMED, CLAIMED_WIDTH, claim_of, make_notice

_OWE = f"""
WITH job AS (
    SELECT id, lane, title, tenant, reference FROM jobs WHERE id = $3
), locked AS (
    SELECT lane FROM lanes WHERE lane IN (SELECT lane FROM job) FOR UPDATE
), taken AS (
    UPDATE lanes AS l SET tail = l.tail + 1,
        due_at = CASE
            WHEN l.tail > l.head OR l.parked_at IS NOT NULL THEN coalesce(l.due_at, {NOW} + {FIRST_PROBE})
            WHEN l.not_before > {NOW} THEN l.not_before
            WHEN $4::text IS NULL THEN {NOW} ELSE {NOW} + $2::bigint END,
        token = CASE WHEN l.tail > l.head OR l.parked_at IS NOT NULL OR l.not_before > {NOW} THEN l.token
            ELSE $4 END
    FROM locked WHERE l.lane = locked.lane RETURNING l.lane, l.tail, l.token, {CLAIMED}
), queued AS (
    INSERT INTO notices (lane, seq, job_id, created_at, kind, body)
    SELECT t.lane, t.tail, j.id, {NOW}, $5, $6 FROM job AS j JOIN taken AS t USING (lane)
)
SELECT {NOW} AS now, t.tail AS seq, t.token, j.lane, j.title, j.tenant, j.reference,
    {CLAIMED.replace("l.", "t.")}
FROM job AS j JOIN taken AS t USING (lane)
"""


async def owe_notice(connection: Connection, change: OweNotice, times: Times) -> Owed:
    """Queue the notice in the lane of its job; an idle lane is leased to the caller's token."""
    number = min(change.job_id, JOB_ID_LIMIT)
    rows = await connection.fetch(
        _OWE, times.now, times.lease, number, change.token, change.kind.value, change.body
    )
    if not rows:
        return Owed(known=False)
    [row] = rows
    if change.token is None or row["token"] != change.token:
        return Owed(known=True)
    job = (row["title"], row["tenant"], row["reference"])
    notice = make_notice(row["seq"], change.job_id, job, row["now"], change.kind, change.body)
    claimed = [*row.values()][-CLAIMED_WIDTH:]
    claim = claim_of(
        row["lane"], change.token, micros(times.leased_until), (notice,), claimed, now=row["now"]
    )
    return Owed(known=True, claim=claim)
