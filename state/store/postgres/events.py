"""Events for job systems: owe them, tell what became of notices, and let waiting ones go at once."""

from collections.abc import Sequence
from typing import NamedTuple

from jobs.changes import AskCancel
from jobs.job import JOB_ID_LIMIT, JobId, JobStatus
from jobs.lane import webhook_lane, webhook_lanes
from jobs.notice import Notice, NoticeKind
from state.store.postgres.database import Connection, Row
from state.store.postgres.sql import BEGINS_AT, NOW, columns
from state.store.postgres.times import Times
from state.store.rows import JOB, UNFINISHED, job_of
from state.store.webhooks import DRAINED_TOGETHER, cancel_body, event_body, webhook_address

#: The lane of an event, and its address, from the columns `webhook` and `id` of a job.
EVENT_LANE = f"'{webhook_lanes('<>')[0]}' || id".replace("<>", "' || webhook || '")
EVENT_ADDRESS = f"'{webhook_address('<>')}'".replace("<>", "' || webhook || '")

OWE = f"""
WITH asked AS (
    SELECT * FROM unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[])
    AS a (lane, address, job_id, kind, body, trace)
), queued AS (
    INSERT INTO lanes (lane, head, tail, due_at, kind, service_url)
    SELECT a.lane, new.begins_at, new.begins_at + 1, {NOW}, 'webhook', a.address
    FROM asked AS a CROSS JOIN LATERAL (SELECT {BEGINS_AT.format(lane="a.lane")} AS begins_at) AS new
    ORDER BY a.lane
    ON CONFLICT (lane) DO UPDATE SET tail = lanes.tail + 1,
        due_at = CASE WHEN lanes.tail = lanes.head THEN excluded.due_at ELSE lanes.due_at END
    RETURNING lane, tail
)
INSERT INTO notices (lane, seq, job_id, created_at, kind, body, trace)
SELECT lane, q.tail, a.job_id, {NOW}, a.kind, a.body, a.trace FROM asked AS a JOIN queued AS q USING (lane)
"""

#: Lock jobs in the order of their numbers.
LOCK_JOBS = "SELECT id FROM jobs WHERE id = ANY ($1::bigint[]) ORDER BY id FOR UPDATE"

_TELL = f"UPDATE jobs SET told_at = {NOW} WHERE id = ANY ($2::bigint[])"

_ASK_CANCEL = f"""
UPDATE jobs SET cancel_asked_at = {NOW}, cancel_asked_by = $3
WHERE id = $2 AND status IN {UNFINISHED} AND cancel_asked_at IS NULL RETURNING webhook
"""

DRAIN = f"""
UPDATE lanes AS l SET due_at = {NOW} FROM (
    SELECT lane FROM lanes WHERE lane > $2 AND lane < $3 AND token IS NULL AND due_at > {NOW}
    ORDER BY lane LIMIT {DRAINED_TOGETHER} FOR UPDATE SKIP LOCKED
) AS waiting WHERE l.lane = waiting.lane RETURNING l.lane
"""


class Told(NamedTuple):
    """An event about a job, for its job system."""

    webhook: str
    job_id: JobId
    kind: NoticeKind
    body: str | None
    trace: str | None = None


def told(
    notices: Sequence[Notice], through: int | None, kind: NoticeKind, reason: str | None = None
) -> list[Told]:
    """Return the events that say what became of the notices up to seq *through* about ends of jobs."""
    return [
        Told(notice.webhook, notice.job_id, kind, event_body(reason), notice.trace)
        for notice in notices
        if notice.webhook is not None
        and notice.kind.is_of_an_end
        and (through is None or notice.seq <= through)
    ]


async def telling(
    connection: Connection, news: Sequence[Sequence[Told]], times: Times, statement: str, *arguments: object
) -> list[Row]:
    """
    Run *statement*, which returns the places of what it settled, from 1, as `ord`; tell the *news* of those.

    Both in one transaction, if there are any. Jobs are locked before lanes, like everywhere.
    """
    if not any(news):
        return await connection.fetch(statement, *arguments)
    async with connection.transaction():
        await connection.fetch(LOCK_JOBS, [each.job_id for some in news for each in some])
        rows = await connection.fetch(statement, *arguments)
        events = [each for row in rows for each in news[row["ord"] - 1]]
        await owe_events(connection, events, times)
        delivered = [each.job_id for each in events if each.kind is NoticeKind.NOTICE_DELIVERED]
        await connection.execute(_TELL, times.now, delivered)
    return rows


async def owe_events(connection: Connection, events: Sequence[Told], times: Times) -> None:
    """Queue events of different jobs, due at once or behind those of the same job that wait."""
    rows = [
        (
            webhook_lane(each.webhook, each.job_id),
            webhook_address(each.webhook),
            each.job_id,
            each.kind.value,
            each.body,
            each.trace,
        )
        for each in events
    ]
    await connection.execute(OWE, times.now, *columns(rows, 6))


async def ask_cancel(connection: Connection, change: AskCancel, times: Times) -> JobStatus | None:
    """Record the wish; return the job's status, None for an unknown job."""
    number = min(change.job_id, JOB_ID_LIMIT)
    async with connection.transaction():
        for row in await connection.fetch(_ASK_CANCEL, times.now, number, change.asked_by):
            if row["webhook"] is not None:
                body = cancel_body(change.asked_by)
                event = Told(row["webhook"], JobId(number), NoticeKind.CANCEL_REQUESTED, body, change.trace)
                await owe_events(connection, [event], times)
    rows = await connection.fetch(f"SELECT {JOB} FROM jobs AS j WHERE j.id = $1", number)
    return job_of([*rows[0].values()]).status if rows else None


async def drain(connection: Connection, webhook: str, times: Times) -> int:
    """Make events due that wait for another attempt; return how many lanes, at most `DRAINED_TOGETHER`."""
    return len(await connection.fetch(DRAIN, times.now, *webhook_lanes(webhook)))
