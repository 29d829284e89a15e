"""Read the job log: single jobs, many with one statement, and pages."""

from collections.abc import Sequence

from instants import micros
from jobs.job import COUNTED_JOBS, JOB_ID_LIMIT, Job, JobId, JobReport, JobStatus
from jobs.lane import UNATTENDED
from jobs.listing import SCANNED_JOBS, JobPage, JobsAsked, JobsFound, PageAsked, Position, Section
from state.store.paging import OTHERS, found_of, further_sections, goes_on, like, page_of, telling_condition
from state.store.postgres.database import Connection, Row
from state.store.reports import JOIN_KEPT_NOTICE, REPORT, report_of
from state.store.rows import (
    JOB,
    STORED_STATUS,
    UNFINISHED,
    job_of,
)

FIND = f"""
SELECT a.ord, {REPORT}
FROM unnest($1::bigint[]) WITH ORDINALITY AS a (id, ord) JOIN jobs AS j ON j.id = a.id
LEFT JOIN lanes AS l ON l.lane = j.lane {JOIN_KEPT_NOTICE}
"""

# What a page needs beside its jobs. A stored total is the sum of its slots.
PLACE = """
SELECT b.lane IS NOT NULL AS bookmarked,
    CASE WHEN b.source_activity = $2 THEN b.shown_section ELSE b.section END AS section,
    CASE WHEN b.source_activity = $2 THEN b.shown_before ELSE b.before END AS before,
    (SELECT coalesce(sum(jobs), 0)::bigint FROM totals WHERE tenant = coalesce($3::text, '')) AS total
FROM (VALUES (1)) AS one LEFT JOIN bookmarks AS b ON b.lane = $1
"""

_IS_RUNNING = f"status IN {UNFINISHED}"

# A conversation without a tenant is its own (tenant = lane). Old rows may have another lane's key there.
_OF_LANE = """
(SELECT {columns} FROM jobs AS j WHERE j.tenant = $3 AND j.lane = $3 AND j.id < $1
ORDER BY j.id DESC LIMIT $2)
UNION ALL
(SELECT {columns} FROM jobs AS j WHERE j.tenant <> j.lane AND j.lane = $3 AND j.id < $1
ORDER BY j.id DESC LIMIT $2)
ORDER BY id DESC LIMIT $2
"""


async def find_jobs(connection: Connection, job_ids: Sequence[JobId], _: object) -> list[JobReport | None]:
    """Return each job and the state of its notice, or None if there is no such job."""
    rows = await connection.fetch(FIND, [min(job_id, JOB_ID_LIMIT) for job_id in job_ids])
    found = {row["ord"]: report_of([*row.values()][1:]) for row in rows}
    return [found.get(place) for place in range(1, len(job_ids) + 1)]


async def pages_of_jobs(connection: Connection, asked: Sequence[PageAsked], _: object) -> list[JobPage]:
    """Return the pages that are asked for, each by itself: see `JobStore.page`."""
    return [await _page_of_jobs(connection, each) for each in asked]


async def _page_of_jobs(connection: Connection, asked: PageAsked) -> JobPage:
    [place] = await connection.fetch(PLACE, asked.lane, asked.source_activity, asked.tenant)
    start, bookmarked = asked.beginning, place["bookmarked"]
    if asked.view is None and bookmarked:
        start = Position(Section(place["section"]), place["before"])
    page = await _page_from(connection, asked, start, place)
    # Without a bookmark, the conversation has seen the first page.
    return page if asked.view or bookmarked else await _page_from(connection, asked, page.end, place)


async def _page_from(connection: Connection, asked: PageAsked, start: Position, place: Row) -> JobPage:
    jobs = await _jobs(connection, asked, start, asked.size + 1)
    others = await _jobs(connection, asked, OTHERS, goes_on(asked, start, len(jobs)))
    # This store keeps the totals of conversations as well, but reports them like SQLite, which counts.
    total = await _running(connection, asked) if start.section is Section.RUNNING else place["total"]
    return page_of(asked, start, jobs, others, total=total, bookmarked=place["bookmarked"])


async def _jobs(connection: Connection, asked: PageAsked, start: Position, limit: int) -> list[Job]:
    """Return at most *limit* jobs from *start* on, of its section alone."""
    if limit <= 0:
        return []
    statement, values = listing(asked, start.section)
    rows = await connection.fetch(statement, start.before, limit, *values)
    return [job_of([*row.values()]) for row in rows]


def listing(asked: PageAsked, section: Section, columns: str = JOB) -> tuple[str, list[str]]:
    """Return the statement for jobs of *section* below $1, at most $2, and its further arguments."""
    if section is Section.HERE and asked.tenant is None:
        return _OF_LANE.format(columns=columns), [asked.lane]
    of, values = _condition(asked, section, first=3)
    return f"SELECT {columns} FROM jobs AS j WHERE {of} AND j.id < $1 ORDER BY j.id DESC LIMIT $2", values


async def newest_numbers(connection: Connection, asked: PageAsked) -> set[JobId]:
    """Return the numbers of the newest jobs of each section of the view, and of those that run."""
    found: set[JobId] = set()
    for section in {asked.beginning.section, *further_sections(asked)}:
        statement, values = listing(asked, section, "j.id")
        rows = await connection.fetch(statement, JOB_ID_LIMIT, asked.size, *values)
        found.update(row["id"] for row in rows)
    return found


async def _running(connection: Connection, asked: PageAsked) -> int:
    """Return the number of running jobs, at most `COUNTED_JOBS` and one more."""
    of, values = _condition(asked, Section.RUNNING, first=1)
    some = f"SELECT 1 FROM jobs AS j WHERE {of} LIMIT {COUNTED_JOBS} + 1"
    [row] = await connection.fetch(f"SELECT count(*) FROM ({some}) AS counted", *values)
    return int(row["count"])


def _condition(asked: PageAsked, section: Section, *, first: int) -> tuple[str, list[str]]:
    """Return the condition of the jobs of *section*, and its values, numbered from *first* on."""
    conditions, values = ["true"], list[str]()

    def has(condition: str, value: str) -> None:
        conditions.append(condition.format(f"${first + len(values)}"))
        values.append(value)

    if asked.tenant == asked.lane:
        has("j.tenant = {0} AND j.lane = {0}", asked.lane)
    elif asked.tenant is not None:
        has("j.tenant = {0} AND j.tenant <> j.lane", asked.tenant)
    if asked.tenant != asked.lane and section in (Section.HERE, Section.OTHERS):
        has("j.lane = {0}" if section is Section.HERE else "j.lane <> {0}", asked.lane)
    if section is Section.RUNNING:
        conditions.append(f"j.{_IS_RUNNING}")
    return " AND ".join(conditions), values


async def find_external(connection: Connection, external_id: str) -> JobId | None:
    """Return the number of the unattended job with this id."""
    of_it = f"SELECT id FROM jobs WHERE lane = '{UNATTENDED}' AND source_activity = $1"
    rows = await connection.fetch(of_it, external_id)
    return rows[0]["id"] if rows else None


async def list_jobs(connection: Connection, asked: JobsAsked) -> JobsFound:
    """Return the jobs that are asked for, among the next `SCANNED_JOBS`."""
    since = 0 if asked.since is None else micros(asked.since)
    running = asked.statuses and not any(status.is_final for status in asked.statuses)
    of = _IS_RUNNING if running else "true"
    if asked.statuses == {JobStatus.FAILED}:
        of = "status = 'failed'"
    # A job's number is at least the instant of its creation.
    window = f"SELECT * FROM jobs WHERE {of} AND id < $1 AND id >= $2 ORDER BY id DESC LIMIT {SCANNED_JOBS}"
    bounds = (min(asked.before, JOB_ID_LIMIT), min(since, JOB_ID_LIMIT))
    rows = await connection.fetch(
        f"SELECT {JOB} FROM ({window}) AS j WHERE j.created_at >= $2 AND j.status = ANY ($3::text[])"
        " AND coalesce(j.title, '') ILIKE $4 AND coalesce(j.requested_by, '') ILIKE $6"
        f"{telling_condition(asked.telling)} ORDER BY j.id DESC LIMIT $5",
        *bounds,
        [STORED_STATUS[status] for status in asked.statuses or JobStatus],
        like(asked.title or "*"),
        asked.size + 1,
        like(asked.asker or "*"),
    )
    jobs = [job_of([*row.values()]) for row in rows]
    oldest, scanned = None, 0
    if len(jobs) <= asked.size:
        [row] = await connection.fetch(
            f"SELECT min(id) AS oldest, count(*) AS scanned FROM ({window}) AS w", *bounds
        )
        oldest, scanned = row.values()
    return found_of(asked, jobs, oldest, scanned)
