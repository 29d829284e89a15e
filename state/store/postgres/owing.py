"""Owe a notice in addition to the one about a job's end: to the job's conversation, or a reply to another."""

from datetime import timedelta

from instants import micros
from jobs.changes import Owed, OweNotice, OweReply
from jobs.job import JOB_ID_LIMIT
from jobs.notice import NoticeKind
from state.store.postgres.database import Connection
from state.store.postgres.sql import ADDRESS, BEGINS_AT, FIRST_PROBE, IS_HELD, NOW
from state.store.postgres.times import Times
from state.store.rows import CLAIMED, CLAIMED_WIDTH, JOB_OF_NOTICE, UNFINISHED, claim_of, make_notice

# The job is locked before its lane, like everywhere; its status is read from the locked row.
_OWE = f"""
WITH job AS (
    SELECT id, coalesce($8::text, lane) AS lane, title, tenant, reference, webhook, finish_by,
        start_trace,
        $5 <> 'started' OR status IN {UNFINISHED} AS wanted
    FROM jobs WHERE id = $3 FOR UPDATE
), taken AS (
    INSERT INTO lanes AS l (lane, head, tail, due_at, token, service_url)
    SELECT j.lane, new.begins_at, new.begins_at + 1,
        {NOW} + CASE WHEN $4::text IS NULL THEN $7::bigint ELSE $2::bigint END, $4,
        CASE WHEN $8::text IS NULL THEN {ADDRESS} ELSE $10::text END
    FROM job AS j CROSS JOIN LATERAL (SELECT {BEGINS_AT.format(lane="j.lane")} AS begins_at) AS new
    WHERE j.wanted
    ON CONFLICT (lane) DO UPDATE SET tail = l.tail + 1,
        service_url = coalesce(nullif($10::text, ''), l.service_url, excluded.service_url),
        due_at = CASE
            WHEN {IS_HELD} AND $5 = ANY (string_to_array(l.passes, ',')) THEN {NOW} + $7::bigint
            WHEN l.tail > l.head OR l.parked_at IS NOT NULL THEN coalesce(l.due_at, {NOW} + {FIRST_PROBE})
            WHEN l.not_before > {NOW} THEN l.not_before ELSE excluded.due_at END,
        token = CASE WHEN l.tail > l.head OR l.parked_at IS NOT NULL OR l.not_before > {NOW} THEN l.token
            ELSE $4 END
    RETURNING l.lane, l.tail, l.token, {CLAIMED}
), queued AS (
    INSERT INTO notices (lane, seq, job_id, created_at, kind, body, trace)
    SELECT t.lane, t.tail, j.id, {NOW}, $5, $6, $9 FROM job AS j JOIN taken AS t USING (lane)
)
SELECT {NOW} AS now, t.tail AS seq, t.token, j.lane, j.title, j.tenant, j.reference, j.webhook,
    j.finish_by, j.start_trace, {CLAIMED.replace("l.", "t.")}
FROM job AS j LEFT JOIN taken AS t USING (lane)
"""


async def owe_notice(connection: Connection, change: OweNotice, times: Times) -> Owed:
    """Queue the notice in the lane of its job; an idle lane is leased to the caller's token."""
    return await _owe(connection, change, change.kind, None, times)


async def owe_reply(connection: Connection, change: OweReply, times: Times) -> Owed:
    """Queue the reply in the lane of its conversation, as `owe_notice` does."""
    return await _owe(connection, change, change.kind, change.lane, times, change.service_url)


async def _owe(
    connection: Connection,
    change: OweNotice | OweReply,
    kind: NoticeKind,
    to: str | None,
    times: Times,
    service_url: str | None = None,
) -> Owed:
    after = change.after // timedelta(microseconds=1)
    token = None if after else change.token
    number = min(change.job_id, JOB_ID_LIMIT)
    asked = (number, token, kind.value, change.body, after, to, change.trace, service_url)
    rows = await connection.fetch(_OWE, times.now, times.lease, *asked)
    if not rows:
        return Owed(known=False)
    [row] = rows
    if token is None or row["token"] != token:
        return Owed(known=True)
    job = [row[name] for name in JOB_OF_NOTICE]
    notice = make_notice(row["seq"], change.job_id, job, row["now"], kind, change.body, change.trace)
    claimed = [*row.values()][-CLAIMED_WIDTH:]
    claim = claim_of(row["lane"], token, micros(times.leased_until), (notice,), claimed, now=row["now"])
    return Owed(known=True, claim=claim)
