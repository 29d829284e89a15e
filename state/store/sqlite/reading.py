"""Queries of the job log: find one job, list a page. Each runs inside the caller's transaction."""

from sqlite3 import Cursor
from typing import NamedTuple

from instants import micros
from jobs.job import COUNTED_JOBS, JOB_ID_LIMIT, Job, JobId, JobReport, JobStatus
from jobs.lane import UNATTENDED
from jobs.listing import SCANNED_JOBS, JobPage, JobsAsked, JobsFound, PageAsked, Position, Section
from state.store.paging import (
    OTHERS,
    found_of,
    further_sections,
    goes_on,
    is_counted,
    like,
    page_of,
    telling_condition,
)
from state.store.reports import JOIN_KEPT_NOTICE, REPORT, report_of
from state.store.rows import JOB, STORED_STATUS, UNFINISHED, job_of
from state.store.sqlite.sql import as_json

EVERYBODY = ""  #: The tenant in `totals` that stands for all tenants.

_TOTAL = "SELECT coalesce(sum(jobs), 0) FROM totals WHERE tenant = ?"
_BOOKMARK = (
    "SELECT CASE WHEN same THEN shown_section ELSE section END,"
    " CASE WHEN same THEN shown_before ELSE before END"
    " FROM (SELECT *, coalesce(source_activity = ?, false) AS same FROM bookmarks WHERE lane = ?)"
)
FIND = (
    f"SELECT {REPORT} FROM jobs AS j LEFT JOIN lanes AS l ON l.lane = j.lane {JOIN_KEPT_NOTICE}"
    " WHERE j.id = ?"
)
_IS_RUNNING = f"status IN {UNFINISHED}"


def find_job(cursor: Cursor, job_id: JobId) -> JobReport | None:
    """Return one job and the state of its notice."""
    row = cursor.execute(FIND, (storable(job_id),)).fetchone()
    return None if row is None else report_of(row)


def page_of_jobs(cursor: Cursor, asked: PageAsked) -> JobPage:
    """
    Return the page that is asked for, or what follows the conversation's bookmark.

    The cost does not depend on the number of jobs: an index gives the order of each section, and the total is
    stored, or counted up to `COUNTED_JOBS`.
    """
    bookmark = cursor.execute(_BOOKMARK, (asked.source_activity, asked.lane)).fetchone()
    start = asked.beginning
    if asked.view is None and bookmark is not None:
        start = Position(Section(bookmark[0]), JobId(bookmark[1]))
    page = _page_from(cursor, asked, start, bookmarked=bookmark is not None)
    # Without a bookmark, the conversation has seen the first page.
    return page if asked.view or bookmark else _page_from(cursor, asked, page.end, bookmarked=False)


def _page_from(cursor: Cursor, asked: PageAsked, start: Position, *, bookmarked: bool) -> JobPage:
    jobs = _jobs(cursor, asked, start, asked.size + 1)
    others = _jobs(cursor, asked, OTHERS, goes_on(asked, start, len(jobs)))
    total = _total(cursor, asked, start.section)
    return page_of(asked, start, jobs, others, total=total, bookmarked=bookmarked)


def _jobs(cursor: Cursor, asked: PageAsked, start: Position, limit: int) -> list[Job]:
    """Return at most *limit* jobs from *start* on, of its section alone."""
    if limit <= 0:
        return []
    found = []
    for of in _conditions(asked, start.section):
        found += cursor.execute(
            f"SELECT {JOB} FROM jobs AS j {of.where} AND id < ? ORDER BY id DESC LIMIT ?",
            (*of.values, start.before, limit),
        ).fetchall()
    found.sort(reverse=True)  # By number.
    return [job_of(row) for row in found[:limit]]


def newest_numbers(cursor: Cursor, asked: PageAsked) -> set[JobId]:
    """Return the numbers of the newest jobs of each section of the view, and of those that run."""
    found: set[JobId] = set()
    for section in {asked.beginning.section, *further_sections(asked)}:
        for of in _conditions(asked, section):
            rows = cursor.execute(
                f"SELECT id FROM jobs AS j {of.where} ORDER BY id DESC LIMIT ?", (*of.values, asked.size)
            )
            found.update(JobId(job_id) for (job_id,) in rows)
    return found


class _Jobs(NamedTuple):
    """A condition that an index has in the same words, or the planner would not use it."""

    where: str
    values: tuple[str, ...] = ()

    def and_(self, condition: str, *values: str) -> "_Jobs":
        return _Jobs(f"{self.where} AND {condition}", self.values + values)


def _conditions(asked: PageAsked, section: Section) -> list[_Jobs]:
    """Return the conditions of the jobs of *section*, one or two: each job meets one of them at most."""
    lane, tenant = asked.lane, asked.tenant
    alone = _Jobs("WHERE lane = tenant AND lane = ?", (lane,))
    of_lane = _Jobs("WHERE tenant <> lane AND lane = ?", (lane,))
    if tenant == lane:
        return [alone.and_(_IS_RUNNING)] if section is Section.RUNNING else [alone]
    if tenant is None:
        return {
            Section.HERE: [alone, of_lane],
            Section.OTHERS: [_Jobs("WHERE lane <> ?", (lane,))],
            Section.ALL: [_Jobs("WHERE true")],
            Section.RUNNING: [_Jobs(f"INDEXED BY jobs_running WHERE {_IS_RUNNING}")],
        }[section]
    everybody = _Jobs("WHERE tenant <> lane AND tenant = ?", (tenant,))
    running = everybody._replace(where=f"INDEXED BY jobs_running_of_tenant {everybody.where}")
    return {
        Section.HERE: [of_lane.and_("tenant = ?", tenant)],
        Section.OTHERS: [everybody.and_("lane <> ?", lane)],
        Section.ALL: [everybody],
        Section.RUNNING: [running.and_(_IS_RUNNING)],
    }[section]


def _total(cursor: Cursor, asked: PageAsked, section: Section) -> int:
    tenant = asked.tenant
    if is_counted(asked.lane, tenant, section):
        of = _conditions(asked, Section.RUNNING if section is Section.RUNNING else Section.ALL)[0]
        counting = f"SELECT count(*) FROM (SELECT 1 FROM jobs AS j {of.where} LIMIT {COUNTED_JOBS} + 1)"
        row = cursor.execute(counting, of.values).fetchone()
    else:
        row = cursor.execute(_TOTAL, (EVERYBODY if tenant is None else tenant,)).fetchone()
    return int(row[0])


def find_external(cursor: Cursor, external_id: str) -> JobId | None:
    """Return the number of the unattended job with this id."""
    row = cursor.execute(
        f"SELECT id FROM jobs WHERE lane = '{UNATTENDED}' AND source_activity = ?", (external_id,)
    ).fetchone()
    return None if row is None else JobId(row[0])


def list_jobs(cursor: Cursor, asked: JobsAsked) -> JobsFound:
    """Return the jobs that are asked for, among the next `SCANNED_JOBS`."""
    since = 0 if asked.since is None else micros(asked.since)
    running = asked.statuses and not any(status.is_final for status in asked.statuses)
    of = f"INDEXED BY jobs_running WHERE {_IS_RUNNING}" if running else "WHERE true"
    if asked.statuses == {JobStatus.FAILED}:
        of = "INDEXED BY jobs_failed WHERE status = 'failed'"
    # A job's number is at least the instant of its creation.
    window = f"SELECT * FROM jobs {of} AND id < ? AND id >= ? ORDER BY id DESC LIMIT {SCANNED_JOBS}"
    bounds = (storable(asked.before), min(since, JOB_ID_LIMIT))
    statuses = as_json([STORED_STATUS[status] for status in asked.statuses or JobStatus])
    rows = cursor.execute(
        f"SELECT {JOB} FROM ({window}) AS j WHERE j.created_at >= ? AND j.status IN"
        " (SELECT value FROM json_each(?)) AND coalesce(j.title, '') LIKE ? ESCAPE '\\'"
        f" AND coalesce(j.requested_by, '') LIKE ? ESCAPE '\\'{telling_condition(asked.telling)}"
        " ORDER BY j.id DESC LIMIT ?",
        (*bounds, since, statuses, like(asked.title or "*"), like(asked.asker or "*"), asked.size + 1),
    ).fetchall()
    jobs = [job_of(row) for row in rows]
    oldest, scanned = None, 0
    if len(jobs) <= asked.size:
        oldest, scanned = cursor.execute(f"SELECT min(id), count(*) FROM ({window})", bounds).fetchone()
    return found_of(asked, jobs, oldest, scanned)


def storable(job_id: JobId) -> int:
    """Return *job_id*, at most `JOB_ID_LIMIT`, which no job has: SQLite's integers end at 2^63."""
    return min(job_id, JOB_ID_LIMIT)
