"""Start jobs, many with one statement."""

import random
from collections.abc import Callable, Sequence
from datetime import timedelta

from jobs.changes import StartJob
from jobs.job import JOB_ID_LIMIT, Job
from jobs.lane import UNATTENDED, LaneKey
from jobs.notice import NoticeKind
from state.store.deadlines import KEPT
from state.store.numbering import AHEAD, SHARE
from state.store.postgres.database import Connection, Row
from state.store.postgres.events import EVENT_ADDRESS, EVENT_LANE
from state.store.postgres.sql import NOW, columns
from state.store.postgres.times import Times
from state.store.rows import JOB, STORED_STATUS, job_of

#: A tenant's total is the sum over this many rows, so that replicas rarely wait for each other's row locks.
_SLOTS = 16

_MICROSECOND = timedelta(microseconds=1)

_DEADLINES = "start_by, heard_every, heard_by, finish_by"

# Lanes are locked before any job is inserted (the only purpose of the count in `numbered`), in order of their
# keys: then a concurrent transaction for the same activity has committed, and there is no deadlock. For the
# numbers see `state.store.numbering`. If another replica takes a number first, ON CONFLICT skips our row, and
# the caller asks for it again. The same holds for a job that was started after this statement began.
START = f"""
WITH asked AS (
    SELECT * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
        $8::text[], $9::text[], $10::text[], $11::float8[], $12::text[], $13::boolean[], $14::text[],
        $15::text[], $16::bigint[], $17::bigint[], $18::bigint[])
    WITH ORDINALITY AS a (lane, tenant, title, requested_by, requester_id, status, reference, service_url,
        source_activity, spread, webhook, announced, labels, start_trace, start_within, heard_every,
        finish_within, ord)
), known AS (
    SELECT a.ord, {JOB} FROM asked AS a
    JOIN jobs AS j ON j.lane = a.lane AND j.source_activity = a.source_activity
), fresh AS (
    SELECT * FROM asked WHERE ord NOT IN (SELECT ord FROM known)
), heard AS (
    INSERT INTO lanes (lane, head, tail, service_url)
    SELECT DISTINCT ON (lane) lane, 0, 0, service_url FROM fresh ORDER BY lane, ord DESC
    ON CONFLICT (lane) DO UPDATE SET service_url = excluded.service_url
    WHERE lanes.service_url IS DISTINCT FROM excluded.service_url AND excluded.service_url <> ''
    RETURNING lane
), numbered AS (
    SELECT fresh.*, now, first - 1 + sum(1 + floor(spread * greatest(0, farthest - first) / {SHARE}))
        OVER (ORDER BY ord)::bigint AS id
    FROM fresh, (
        SELECT {NOW} AS now, greatest({NOW}, (SELECT max(id) + 1 FROM jobs)) AS first,
            least({NOW} + {AHEAD}, {JOB_ID_LIMIT}) AS farthest
    ) AS numbers
    WHERE (SELECT count(*) FROM heard) >= 0
), watched AS (
    SELECT *, now + start_within AS start_by, now + finish_within AS finish_by,
        CASE WHEN status = 'running' THEN now + heard_every END AS heard_by
    FROM numbered
), started AS (
    INSERT INTO jobs
        (id, lane, tenant, status, title, requested_by, requester_id, reference, source_activity, created_at,
        webhook, labels, start_trace, {KEPT})
    SELECT id, lane, tenant, status, title, requested_by, requester_id, reference, source_activity, now,
        webhook, labels, start_trace, {_DEADLINES},
        least(finish_by, CASE WHEN status = 'queued' THEN start_by ELSE heard_by END)
    FROM watched ORDER BY id
    ON CONFLICT DO NOTHING RETURNING id
), counted AS (
    INSERT INTO totals (tenant, slot, jobs)
    SELECT whose.tenant, $19::integer, count(*)
    FROM numbered AS n JOIN started USING (id) CROSS JOIN LATERAL (VALUES (''), (n.tenant)) AS whose (tenant)
    GROUP BY whose.tenant ORDER BY whose.tenant
    ON CONFLICT (tenant, slot) DO UPDATE SET jobs = totals.jobs + excluded.jobs
), told AS (
    SELECT {EVENT_LANE} AS lane, {EVENT_ADDRESS} AS address, id, now, start_trace
    FROM numbered JOIN started USING (id)
    WHERE webhook IS NOT NULL AND announced
), queued AS (
    INSERT INTO lanes (lane, head, tail, due_at, kind, service_url)
    SELECT lane, 0, 1, now, 'webhook', address FROM told
), announced AS (
    INSERT INTO notices (lane, seq, job_id, created_at, kind, trace)
    SELECT lane, 1, id, now, '{NoticeKind.JOB_CREATED.value}', start_trace FROM told
)
SELECT ord, id, lane, tenant, title, requested_by, requester_id, status, now AS created_at,
    NULL::bigint AS completed_at, NULL::text AS message_id, NULL::text AS report, webhook,
    CASE WHEN lane = '{UNATTENDED}' THEN source_activity END AS external_id, labels,
    NULL::bigint AS told_at, NULL::bigint AS cancel_asked_at, NULL::text AS cancel_asked_by,
    start_by, heard_by, finish_by, '' AS overdue
FROM watched JOIN started USING (id)
UNION ALL SELECT * FROM known
"""

_Activity = tuple[LaneKey, str]


async def start_jobs(
    connection: Connection, changes: Sequence[StartJob], times: Times, spread: Callable[[], float]
) -> list[Job]:
    """
    Start a job for each of *changes*, or find the one that the same activity started before.

    *spread* is uniform in [0, 1), for their numbers.
    """
    jobs: dict[int, Job] = {}
    first: dict[_Activity, int] = {}
    same = {place: _first(first, change, place) for place, change in enumerate(changes)}
    waiting = [place for place, earliest in same.items() if place == earliest]
    while waiting:
        for row in await _start(connection, [changes[place] for place in waiting], times, spread):
            place, *job = row.values()
            jobs[waiting[place - 1]] = job_of(job)
        waiting = [place for place in waiting if place not in jobs]
    return [jobs[same[place]] for place in range(len(changes))]


def _first(first: dict[_Activity, int], change: StartJob, place: int) -> int:
    """Return the place of the first change for the same activity, possibly this one."""
    if change.source_activity is None:
        return place
    return first.setdefault((change.lane, change.source_activity), place)


async def _start(
    connection: Connection, changes: Sequence[StartJob], times: Times, spread: Callable[[], float]
) -> list[Row]:
    rows = [
        (
            change.lane,
            change.tenant,
            _storable(change.title),
            _storable(change.requested_by),
            _storable(change.requester_id),
            STORED_STATUS[change.status],
            change.reference,
            change.service_url,
            change.source_activity,
            spread(),
            change.webhook,
            change.announced,
            change.labels,
            change.trace,
            *(None if each is None else each // _MICROSECOND for each in change.deadlines),
        )
        for change in changes
    ]
    slot = random.randrange(_SLOTS)  # noqa: S311  # Not a secret.
    return await connection.fetch(START, times.now, *columns(rows, 17), slot)


def _storable(text: str | None) -> str | None:
    """Return *text* without U+0000, which PostgreSQL cannot store."""
    return None if text is None else text.replace("\0", "\N{REPLACEMENT CHARACTER}")
