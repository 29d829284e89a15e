"""Completing jobs: many with one statement."""

from collections.abc import Sequence

from instants import instant
from jobs.changes import CompleteJob, Completion, CompletionResult
from jobs.job import JOB_ID_LIMIT, JobId
from jobs.lane import LaneKey
from jobs.notice import Claim, Notice
from state.references import shortened
from state.store.postgres.database import Connection, Row
from state.store.postgres.sql import NOW, columns
from state.store.postgres.times import Times

# The jobs are locked by number, then their lanes by key, so that nobody waits in a circle. Whether a job is
# running is asked of the locked row: the statement's snapshot may be older than what it waited for. An idle
# lane goes to the first that completes something in it, if that has a token; a lane that somebody holds, or
# that is parked, to nobody.
COMPLETE = f"""
WITH asked AS (
    SELECT * FROM unnest($3::bigint[], $4::text[], $5::text[]) WITH ORDINALITY AS a (id, source, token, ord)
), job AS (
    SELECT a.ord, a.source, a.token, j.* FROM asked AS a JOIN jobs AS j ON j.id = a.id
    ORDER BY j.id FOR UPDATE OF j
), owed AS (
    SELECT *, row_number() OVER (PARTITION BY lane ORDER BY ord) AS place FROM job WHERE status <> 'completed'
), owing AS (
    SELECT lane, count(*) AS count, (array_agg(token ORDER BY ord))[1] AS token FROM owed GROUP BY lane
), locked AS (
    SELECT lane FROM lanes WHERE lane IN (SELECT lane FROM owing) ORDER BY lane FOR UPDATE
), taken AS (
    UPDATE lanes AS l SET tail = l.tail + o.count,
        due_at = CASE WHEN l.tail > l.head OR l.parked_at IS NOT NULL THEN l.due_at
            WHEN o.token IS NULL THEN {NOW} ELSE {NOW} + $2::bigint END,
        token = CASE WHEN l.tail > l.head OR l.parked_at IS NOT NULL THEN l.token ELSE o.token END
    FROM locked JOIN owing AS o USING (lane) WHERE l.lane = locked.lane
    RETURNING l.lane, l.tail - o.count AS tail, l.token, l.waited, l.service_url, l.pace
), completed AS (
    UPDATE jobs AS j SET status = 'completed', completed_at = {NOW}, completed_by = o.source,
        notice_seq = t.tail + o.place
    FROM owed AS o JOIN taken AS t USING (lane) WHERE j.id = o.id
), queued AS (
    INSERT INTO notices (lane, seq, job_id, created_at)
    SELECT o.lane, t.tail + o.place, o.id, {NOW} FROM owed AS o JOIN taken AS t USING (lane)
)
SELECT j.ord, j.status, j.completed_by, {NOW} AS now, o.place, t.tail + o.place AS seq, t.token,
    j.lane, j.title, j.tenant, j.reference, t.waited, t.service_url, t.pace
FROM job AS j LEFT JOIN owed AS o USING (ord) LEFT JOIN taken AS t ON t.lane = o.lane
"""


async def complete_jobs(
    connection: Connection, changes: Sequence[CompleteJob], times: Times
) -> list[Completion]:
    """Complete the jobs and queue their notices; whoever has a token may get the lane with it."""
    first: dict[JobId, int] = {}
    for place, change in enumerate(changes):
        first.setdefault(change.job_id, place)
    places = [*first.values()]
    asked = [
        (min(change.job_id, JOB_ID_LIMIT), change.source, change.token)
        for change in (changes[place] for place in places)
    ]
    rows: list[Row | None] = [None] * len(changes)
    for row in await connection.fetch(COMPLETE, times.now, times.lease, *columns(asked, 3)):
        rows[places[row["ord"] - 1]] = row
    return [
        _outcome(change, rows[place], times)
        if place == first[change.job_id]
        else _outcome_of_repeat(change, rows[first[change.job_id]], changes[first[change.job_id]])
        for place, change in enumerate(changes)
    ]


def _outcome_of_repeat(change: CompleteJob, row: Row | None, first: CompleteJob) -> Completion:
    """Return what came of *change*, which concerns the job that *first* had been asked to complete."""
    if row is None:
        return Completion(result=CompletionResult.UNKNOWN_JOB)
    return _not_completed(change, first.source if row["status"] == "running" else row["completed_by"])


def _not_completed(change: CompleteJob, completed_by: str | None) -> Completion:
    repeated = change.source is not None and change.source == completed_by
    return Completion(result=CompletionResult.REPEATED if repeated else CompletionResult.ALREADY_COMPLETED)


def _outcome(change: CompleteJob, row: Row | None, times: Times) -> Completion:
    if row is None:
        return Completion(result=CompletionResult.UNKNOWN_JOB)
    if row["status"] != "running":
        return _not_completed(change, row["completed_by"])
    # A token is of one change alone, so a lane that has it now was taken for this notice.
    if change.token is None or row["token"] != change.token:
        return Completion(result=CompletionResult.COMPLETED)
    return Completion(
        result=CompletionResult.COMPLETED,
        claim=Claim(
            lane=LaneKey(row["lane"]),
            token=change.token,
            leased_until=times.leased_until,
            notices=(_notice(change.job_id, row),),
            waited=row["waited"],
            service_url=row["service_url"],
            pace=row["pace"],
        ),
    )


def _notice(job_id: JobId, row: Row) -> Notice:
    return Notice(
        seq=row["seq"],
        job_id=job_id,
        title=row["title"],
        tenant=row["tenant"],
        reference=shortened(row["reference"]),
        created_at=instant(row["now"]),
    )
