"""End jobs, many with one statement."""

from collections.abc import Sequence
from datetime import timedelta

from instants import micros
from jobs.changes import BeginJob, Finished, FinishJob, ReportResult
from jobs.deadlines import Clock
from jobs.job import JOB_ID_LIMIT, JobId, JobStatus
from jobs.lane import UNATTENDED
from state.store.postgres.database import Connection, Row
from state.store.postgres.sql import ADDRESS, BEGINS_AT, FIRST_PROBE, IS_HELD, NOW, columns
from state.store.postgres.times import Times
from state.store.rows import (
    CLAIMED,
    CLAIMED_WIDTH,
    JOB,
    JOB_OF_NOTICE,
    NOTICE_OF_STATUS,
    STORED_STATUS,
    UNFINISHED,
    claim_of,
    job_of,
    make_notice,
)

# Jobs are locked in order of number, then their lanes in order of key, so that statements do not deadlock. A
# lane has a row only while something waits or is set, so most begin here.
# The status is read from the locked row, because the statement's snapshot may be older than the lock. An idle
# lane is leased to the first change that ends a job in it, if that has a token; a lane that is held, parked
# or deferred is not leased.
FINISH = f"""
WITH asked AS (
    SELECT * FROM unnest($3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
        $9::text[]) WITH ORDINALITY AS a (id, source, token, final, kind, body, trace, ord)
), job AS (
    SELECT a.ord, a.source, a.token, a.final, a.kind, a.body, a.trace, j.id, j.lane, j.status, j.completed_by,
        j.title, j.tenant, j.reference, j.webhook, j.finish_by, j.start_trace
    FROM asked AS a JOIN jobs AS j ON j.id = a.id ORDER BY j.id FOR UPDATE OF j
), owed AS (
    SELECT *, row_number() OVER (PARTITION BY lane ORDER BY ord) AS place FROM job
    WHERE status IN {UNFINISHED}
), owing AS (
    SELECT lane, min(tenant) AS tenant, count(*) AS count, (array_agg(token ORDER BY ord))[1] AS token,
        array_agg(kind) AS kinds
    FROM owed
    WHERE lane <> '{UNATTENDED}' GROUP BY lane
), taken AS (
    INSERT INTO lanes AS l (lane, head, tail, due_at, token, service_url)
    SELECT j.lane, new.begins_at, new.begins_at + j.count,
        CASE WHEN j.token IS NULL THEN {NOW} ELSE {NOW} + $2::bigint END, j.token, {ADDRESS}
    FROM owing AS j CROSS JOIN LATERAL (SELECT {BEGINS_AT.format(lane="j.lane")} AS begins_at) AS new
    ORDER BY j.lane
    ON CONFLICT (lane) DO UPDATE SET tail = l.tail + excluded.tail - excluded.head,
        service_url = coalesce(l.service_url, excluded.service_url),
        due_at = CASE
            WHEN {IS_HELD} AND string_to_array(l.passes, ',')
                && (SELECT o.kinds FROM owing AS o WHERE o.lane = excluded.lane) THEN {NOW}
            WHEN l.tail > l.head OR l.parked_at IS NOT NULL THEN coalesce(l.due_at, {NOW} + {FIRST_PROBE})
            WHEN l.not_before > {NOW} THEN l.not_before ELSE excluded.due_at END,
        token = CASE WHEN l.tail > l.head OR l.parked_at IS NOT NULL OR l.not_before > {NOW} THEN l.token
            ELSE excluded.token END
    RETURNING l.lane, l.tail, l.token, {CLAIMED}
), based AS (
    SELECT t.*, t.tail - o.count AS base FROM taken AS t JOIN owing AS o USING (lane)
), ended AS (
    UPDATE jobs AS j SET status = o.final, completed_at = {NOW}, completed_by = o.source,
        notice_seq = t.base + o.place, report = coalesce(o.body, j.report), check_at = NULL
    FROM owed AS o LEFT JOIN based AS t USING (lane) WHERE j.id = o.id
), queued AS (
    INSERT INTO notices (lane, seq, job_id, created_at, kind, body, trace)
    SELECT o.lane, t.base + o.place, o.id, {NOW}, o.kind, o.body, o.trace
    FROM owed AS o JOIN based AS t USING (lane)
)
SELECT j.ord, o.ord IS NOT NULL AS ends, j.completed_by, {NOW} AS now, t.base + o.place AS seq, t.token,
    j.lane, j.title, j.tenant, j.reference, j.webhook, j.finish_by, j.start_trace,
    {CLAIMED.replace("l.", "t.")}
FROM job AS j LEFT JOIN owed AS o USING (ord) LEFT JOIN based AS t ON t.lane = o.lane
"""

# Of what the job has afterwards, its next look is the earliest deadline that was not told.
_BEGIN = f"""
WITH job AS (
    SELECT id, overdue, coalesce($4::bigint, heard_every) AS every,
        coalesce({NOW} + $5::bigint, finish_by) AS finish_by
    FROM jobs WHERE id = $2 AND (status = 'queued' OR status = 'running'
        AND coalesce($3::text, $4::bigint::text, $5::bigint::text, heard_every::text) IS NOT NULL)
    FOR UPDATE
)
UPDATE jobs AS j SET status = 'running', report = coalesce($3::text, j.report), heard_every = job.every,
    heard_by = {NOW} + job.every, finish_by = job.finish_by,
    check_at = least(CASE WHEN strpos(job.overdue, '{Clock.HEARD.value}') = 0 THEN {NOW} + job.every END,
        CASE WHEN strpos(job.overdue, '{Clock.FINISH.value}') = 0 THEN job.finish_by END)
FROM job WHERE j.id = job.id
"""

_MICROSECOND = timedelta(microseconds=1)


async def finish_jobs(connection: Connection, changes: Sequence[FinishJob], times: Times) -> list[Finished]:
    """End the jobs and queue their notices; a change with a token may get a lease on the lane."""
    first: dict[JobId, int] = {}
    for place, change in enumerate(changes):
        first.setdefault(change.job_id, place)
    places = [*first.values()]
    asked = [_asked(changes[place]) for place in places]
    rows: list[Row | None] = [None] * len(changes)
    for row in await connection.fetch(FINISH, times.now, times.lease, *columns(asked, 7)):
        rows[places[row["ord"] - 1]] = row
    return [
        _outcome(change, rows[place], times)
        if place == first[change.job_id]
        else _outcome_of_repeat(change, rows[first[change.job_id]], changes[first[change.job_id]])
        for place, change in enumerate(changes)
    ]


async def begin_job(connection: Connection, change: BeginJob, times: Times) -> JobStatus | None:
    """
    Set a queued job to running, and count its deadlines anew.

    Returns the job's status afterwards, None for an unknown job.
    """
    number = min(change.job_id, JOB_ID_LIMIT)
    every, finish = (None if each is None else each // _MICROSECOND for each in change.deadlines[1:])
    await connection.execute(_BEGIN, times.now, number, change.report, every, finish)
    rows = await connection.fetch(f"SELECT {JOB} FROM jobs AS j WHERE j.id = $1", number)
    return job_of([*rows[0].values()]).status if rows else None


def _asked(change: FinishJob) -> tuple[object, ...]:
    return (
        min(change.job_id, JOB_ID_LIMIT),
        change.source,
        change.token,
        STORED_STATUS[change.status],
        NOTICE_OF_STATUS[change.status].value,
        change.body,
        change.trace,
    )


def _outcome_of_repeat(change: FinishJob, row: Row | None, first: FinishJob) -> Finished:
    """Return the outcome of *change*; *first* is the earlier change for the same job in this batch."""
    if row is None:
        return Finished(ReportResult.UNKNOWN_JOB)
    return _not_finished(change, first.source if row["ends"] else row["completed_by"])


def _not_finished(change: FinishJob, ended_by: str | None) -> Finished:
    repeated = change.source is not None and change.source == ended_by
    return Finished(ReportResult.REPEATED if repeated else ReportResult.ALREADY_FINISHED)


def _outcome(change: FinishJob, row: Row | None, times: Times) -> Finished:
    if row is None:
        return Finished(ReportResult.UNKNOWN_JOB)
    if not row["ends"]:
        return _not_finished(change, row["completed_by"])
    # Each change has its own token, so a lane with this token was leased for this notice.
    if change.token is None or row["token"] != change.token:
        return Finished(ReportResult.ACCEPTED)
    job = [row[name] for name in JOB_OF_NOTICE]
    kind = NOTICE_OF_STATUS[change.status]
    notice = make_notice(row["seq"], change.job_id, job, row["now"], kind, change.body, change.trace)
    claimed = [*row.values()][-CLAIMED_WIDTH:]
    claim = claim_of(
        row["lane"], change.token, micros(times.leased_until), (notice,), claimed, now=row["now"]
    )
    return Finished(ReportResult.ACCEPTED, claim)
