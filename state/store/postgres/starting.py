"""Start jobs, many with one statement."""

import random
from collections.abc import Callable, Sequence
from datetime import timedelta

from jobs.changes import StartJob
from jobs.job import JOB_ID_LIMIT, Job
from jobs.lane import UNATTENDED, LaneKey
from jobs.notice import NoticeKind
from state.store.deadlines import KEPT
from state.store.moved import names_address
from state.store.numbering import AHEAD, SHARE
from state.store.once import DAY, LOOKED_AT, RINGS, SLOT, once_key
from state.store.once import KEPT as KEPT_SLOTS
from state.store.postgres.database import Connection, Row
from state.store.postgres.events import EVENT_ADDRESS, EVENT_LANE
from state.store.postgres.sql import ADDRESS, NEWEST, NOW, columns
from state.store.postgres.times import Times
from state.store.rows import JOB, STORED_STATUS, job_of
from state.store.succession import IS_SHARED

#: A tenant's total is the sum over this many rows, so that replicas rarely wait for each other's row locks.
_SLOTS = 16

_MICROSECOND = timedelta(microseconds=1)

#: Microseconds after a slot has begun in which activities are noted in the slot before as well: longer than
#: a statement may take.
_OVERLAP = 60 * 1_000_000

# The instant, the newest job's number, and by which instant activities are noted: see `once.noted_at`.
_NEWEST = "(SELECT {column} FROM jobs ORDER BY id DESC LIMIT 1)"
_NEWEST_AT = _NEWEST.format(column="created_at")
_CLOCK = (
    f"{NOW} AS now, {_NEWEST.format(column='id')} AS newest,"
    f" greatest({NOW}, least({NOW} + {KEPT_SLOTS * SLOT}, coalesce({_NEWEST_AT}, 0))) AS at"
)

_DEADLINES = "start_by, heard_every, heard_by, finish_by"

# What an activity starts is noted in `once` before the job is inserted: then a concurrent transaction for the
# same activity has committed, and ours starts nothing. Shortly after a slot has begun the activity is noted
# in the slot before as well, where somebody may be who has asked the clock a moment earlier. Notes are
# inserted in order of their keys, so that there is no deadlock. For the numbers see `state.store.numbering`.
# If another replica takes a number first, ON CONFLICT skips our row, and the caller asks for it again, as it
# does for a job that was started after this statement began.
START = f"""
WITH asked AS (
    SELECT * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
        $8::text[], $9::bigint[], $10::text[], $11::float8[], $12::text[], $13::boolean[], $14::text[],
        $15::text[], $16::bigint[], $17::bigint[], $18::bigint[])
    WITH ORDINALITY AS a (lane, tenant, title, requested_by, requester_id, status, reference, key,
        source_activity, spread, webhook, announced, labels, start_trace, start_within, heard_every,
        finish_within, ord)
), clock AS (
    SELECT {_CLOCK}
), known AS (
    SELECT DISTINCT ON (a.ord) a.ord, {JOB} FROM asked AS a CROSS JOIN clock AS c
    CROSS JOIN generate_series(c.at / {SLOT} - {LOOKED_AT - 1}, c.at / {SLOT}) AS back (slot)
    JOIN once AS o ON o.ring = back.slot / {DAY} % {RINGS} AND o.slot = back.slot AND o.key = a.key
    JOIN jobs AS j ON j.id = o.job_id AND j.lane = a.lane AND j.source_activity = a.source_activity
    UNION ALL
    SELECT a.ord, {JOB} FROM asked AS a
    JOIN jobs AS j ON j.lane = '{UNATTENDED}' AND j.source_activity = a.source_activity
    WHERE a.lane = '{UNATTENDED}'
), fresh AS (
    SELECT * FROM asked WHERE ord NOT IN (SELECT ord FROM known)
), numbered AS (
    SELECT fresh.*, now, at, first - 1 + sum(1 + floor(spread * greatest(0, farthest - first) / {SHARE}))
        OVER (ORDER BY ord)::bigint AS id
    FROM fresh, (
        SELECT now, at, greatest(now, newest + 1) AS first, least(now + {AHEAD}, {JOB_ID_LIMIT}) AS farthest
        FROM clock
    ) AS numbers
), noted AS (
    INSERT INTO once (ring, slot, key, job_id)
    SELECT s.slot / {DAY} % {RINGS}, s.slot, n.key, n.id FROM numbered AS n
    CROSS JOIN generate_series((n.at - {_OVERLAP}) / {SLOT}, n.at / {SLOT}) AS s (slot)
    WHERE n.key IS NOT NULL ORDER BY n.key, s.slot
    ON CONFLICT DO NOTHING RETURNING job_id
), ours AS (
    SELECT n.*, now + start_within AS start_by, now + finish_within AS finish_by,
        CASE WHEN status = 'running' THEN now + heard_every END AS heard_by
    FROM numbered AS n LEFT JOIN (SELECT job_id, count(*) AS notes FROM noted GROUP BY job_id) AS o
        ON o.job_id = n.id
    WHERE n.key IS NULL OR o.notes = 1 + n.at / {SLOT} - (n.at - {_OVERLAP}) / {SLOT}
), started AS (
    INSERT INTO jobs
        (id, lane, tenant, status, title, requested_by, requester_id, reference, source_activity, created_at,
        webhook, labels, start_trace, {KEPT})
    SELECT id, lane, tenant, status, title, requested_by, requester_id, reference, source_activity, now,
        webhook, labels, start_trace, {_DEADLINES},
        least(finish_by, CASE WHEN status = 'queued' THEN start_by ELSE heard_by END)
    FROM ours ORDER BY id
    ON CONFLICT DO NOTHING RETURNING id
), counted AS (
    INSERT INTO totals (tenant, slot, jobs)
    SELECT whose.tenant, $19::integer, count(*)
    FROM ours AS n JOIN started USING (id) CROSS JOIN LATERAL (VALUES (''), (n.tenant)) AS whose (tenant)
    GROUP BY whose.tenant ORDER BY whose.tenant
    ON CONFLICT (tenant, slot) DO UPDATE SET jobs = totals.jobs + excluded.jobs
), told AS (
    SELECT {EVENT_LANE} AS lane, {EVENT_ADDRESS} AS address, id, now, start_trace
    FROM ours JOIN started USING (id)
    WHERE webhook IS NOT NULL AND announced
), queued AS (
    INSERT INTO lanes (lane, head, tail, due_at, kind, service_url)
    SELECT lane, now, now + 1, now, 'webhook', address FROM told
), announced AS (
    INSERT INTO notices (lane, seq, job_id, created_at, kind, trace)
    SELECT lane, now + 1, id, now, '{NoticeKind.JOB_CREATED.value}', start_trace FROM told
)
SELECT ord, id, lane, tenant, title, requested_by, requester_id, status, now AS created_at,
    NULL::bigint AS completed_at, NULL::text AS message_id, NULL::text AS report, webhook,
    CASE WHEN lane = '{UNATTENDED}' THEN source_activity END AS external_id, labels,
    NULL::bigint AS told_at, NULL::bigint AS cancel_asked_at, NULL::text AS cancel_asked_by,
    start_by, heard_by, finish_by, '' AS overdue
FROM ours JOIN started USING (id)
UNION ALL SELECT * FROM known
"""

# Notes that are in the way of these activities although their jobs are not those of them: another replica had
# taken the number, or the job is deleted, or two activities have the same hash.
_CLEAR = f"""
DELETE FROM once AS o USING unnest($2::bigint[], $3::text[], $4::text[]) AS a (key, lane, source_activity),
    (SELECT {_CLOCK}) AS c, generate_series(c.at / {SLOT} - 1, c.at / {SLOT}) AS s (slot)
WHERE o.ring = s.slot / {DAY} % {RINGS} AND o.slot = s.slot AND o.key = a.key
AND NOT EXISTS (
    SELECT 1 FROM jobs AS j
    WHERE j.id = o.job_id AND j.lane = a.lane AND j.source_activity = a.source_activity
)
"""

# For a log that versions before may still serve: they note nothing, but there is a unique index.
_IN_THE_WAY = f"""
SELECT a.ord, {JOB}
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS a (lane, source_activity, ord)
JOIN jobs AS j ON j.lane = a.lane AND j.source_activity = a.source_activity
WHERE {IS_SHARED}
"""

# An address that only an earlier job's reference names.
_KEEP_ADDRESS = f"""
INSERT INTO moved (lane, service_url)
SELECT j.lane, {ADDRESS} FROM unnest($1::text[]) AS a (lane)
JOIN jobs AS j ON j.id = {NEWEST.format(lane="a.lane")}
WHERE {ADDRESS} <> '' ORDER BY j.lane ON CONFLICT DO NOTHING
"""

_Activity = tuple[LaneKey, str]


async def start_jobs(
    connection: Connection, changes: Sequence[StartJob], times: Times, spread: Callable[[], float]
) -> list[Job]:
    """
    Start a job for each of *changes*, or find the one that the same activity started before.

    *spread* is uniform in [0, 1), for their numbers.
    """
    silent = {each.lane for each in changes if not names_address(each.reference)} - {UNATTENDED}
    if silent:
        await connection.execute(_KEEP_ADDRESS, sorted(silent))
    jobs: dict[int, Job] = {}
    first: dict[_Activity, int] = {}
    same = {place: _first(first, change, place) for place, change in enumerate(changes)}
    waiting = [place for place, earliest in same.items() if place == earliest]
    while True:
        rows = await _start(connection, [changes[place] for place in waiting], times, spread)
        waiting = _found(rows, waiting, jobs)
        if not waiting:
            break
        waiting = _found(
            await _clear(connection, [changes[place] for place in waiting], times), waiting, jobs
        )
    return [jobs[same[place]] for place in range(len(changes))]


def _first(first: dict[_Activity, int], change: StartJob, place: int) -> int:
    """Return the place of the first change for the same activity, possibly this one."""
    if change.source_activity is None:
        return place
    return first.setdefault((change.lane, change.source_activity), place)


def _found(rows: Sequence[Row], places: Sequence[int], jobs: dict[int, Job]) -> list[int]:
    """Put the jobs in *rows* to their places of *places*; return the places for which there is none."""
    for row in rows:
        place, *job = row.values()
        jobs[places[place - 1]] = job_of(job)
    return [place for place in places if place not in jobs]


async def _clear(connection: Connection, changes: Sequence[StartJob], times: Times) -> list[Row]:
    """Remove what is in the way of *changes*, or return the jobs that are, as `_start` does."""
    asked = [(once_key(change), change.lane, change.source_activity) for change in changes]
    keys, lanes, activities = columns(asked, 3)
    await connection.execute(_CLEAR, times.now, keys, lanes, activities)
    return await connection.fetch(_IN_THE_WAY, lanes, activities)


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
            once_key(change),
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
