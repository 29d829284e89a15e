"""Read the job log: one job or a page, many requests with one statement."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any

from jobs.job import COUNTED_JOBS, JOB_ID_LIMIT, JobId, JobPage, JobReport
from jobs.lane import LaneKey
from state.store.postgres.database import Connection, Row
from state.store.postgres.sql import columns
from state.store.rows import JOB, JOB_WIDTH, LANE_STATE, LaneState, job_of, notice_report

FIND = f"""
SELECT a.ord, j.notice_seq, n.attempts AS dead_attempts, n.last_error AS dead_error, {JOB}, {LANE_STATE}
FROM unnest($1::bigint[]) WITH ORDINALITY AS a (id, ord) JOIN jobs AS j ON j.id = a.id
LEFT JOIN lanes AS l ON l.lane = j.lane
LEFT JOIN notices AS n ON n.lane = j.lane AND n.seq = j.notice_seq AND n.dead_at IS NOT NULL
"""

# Only one half of the UNION runs: which index gives the order depends on whether a tenant is given.
# A conversation without a tenant is its own (tenant = lane). Old rows may have another lane's key there.
PAGE = f"""
SELECT a.ord, b.lane IS NOT NULL AS bookmarked, t.total, j.*
FROM unnest($1::text[], $2::integer[], $3::boolean[], $4::text[], $5::text[])
    WITH ORDINALITY AS a (lane, size, more, tenant, source_activity, ord)
LEFT JOIN LATERAL (
    SELECT lane, CASE WHEN source_activity = a.source_activity THEN shown_before ELSE before END AS before
    FROM bookmarks WHERE lane = a.lane
) AS b ON true
CROSS JOIN LATERAL (
    SELECT CASE WHEN a.more THEN coalesce(b.before, {JOB_ID_LIMIT}) ELSE {JOB_ID_LIMIT} END AS before,
        CASE WHEN a.more AND b.lane IS NULL THEN a.size ELSE 0 END AS skipped
) AS place
CROSS JOIN LATERAL (
    SELECT coalesce(sum(jobs), 0)::bigint AS total FROM totals WHERE tenant = coalesce(a.tenant, '')
) AS t
LEFT JOIN LATERAL (
    (SELECT {JOB} FROM jobs AS j WHERE a.tenant IS NULL AND j.id < place.before
    ORDER BY j.id DESC LIMIT a.size + 1 OFFSET place.skipped)
    UNION ALL
    (SELECT {JOB} FROM jobs AS j WHERE j.tenant = a.tenant AND j.id < place.before
        AND (a.tenant <> a.lane OR j.lane = a.lane)
    ORDER BY j.id DESC LIMIT a.size + 1 OFFSET place.skipped)
) AS j ON true
ORDER BY a.ord, j.id DESC
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class PageAsked:
    """The arguments of `JobStore.page`."""

    lane: LaneKey
    size: int
    more: bool
    tenant: str | None
    source_activity: str | None


async def find_jobs(connection: Connection, job_ids: Sequence[JobId], _: object) -> list[JobReport | None]:
    """Return each job and the state of its notice, or None if there is no such job."""
    rows = await connection.fetch(FIND, [min(job_id, JOB_ID_LIMIT) for job_id in job_ids])
    found = {row["ord"]: _report([*row.values()]) for row in rows}
    return [found.get(place) for place in range(1, len(job_ids) + 1)]


async def pages_of_jobs(connection: Connection, asked: Sequence[PageAsked], _: object) -> list[JobPage]:
    """
    Return each page, newest job first: the newest page, or with *more* the jobs after the lane's bookmark.

    Without a bookmark the conversation has seen at most the first page, so *more* is the second. The activity
    that set the bookmark gets the same page again.
    """
    arguments = columns([astuple(each) for each in asked], 5)
    rows: list[list[Row]] = [[] for _ in asked]
    for row in await connection.fetch(PAGE, *arguments):
        rows[row["ord"] - 1].append(row)
    return [_page(each, found) for each, found in zip(asked, rows, strict=True)]


def _page(asked: PageAsked, rows: Sequence[Row]) -> JobPage:
    """Return the page in *rows*; a page without jobs has one row, whose job columns are NULL."""
    jobs = [job_of([*row.values()][-JOB_WIDTH:]) for row in rows if row["id"] is not None]
    # This store keeps the totals of conversations as well, but reports them like SQLite, which counts.
    beyond = asked.tenant == asked.lane and rows[0]["total"] > COUNTED_JOBS
    return JobPage(
        jobs=tuple(jobs[: asked.size]),
        total=COUNTED_JOBS if beyond else rows[0]["total"],
        has_more=len(jobs) > asked.size,
        bookmarked=rows[0]["bookmarked"],
        beyond_total=beyond,
    )


def _report(row: Sequence[Any]) -> JobReport:
    _, seq, dead_attempts, dead_error, *rest = row
    job, lane = job_of(rest[:JOB_WIDTH]), LaneState(*rest[JOB_WIDTH:])
    if seq is None:
        return JobReport(job=job, notice=None)
    dead = None if dead_attempts is None else (dead_attempts, dead_error)
    return JobReport(job=job, notice=notice_report(seq, dead=dead, lane=lane))
