"""Queries of the job log: find one job, list a page. Each runs inside the caller's transaction."""

from sqlite3 import Cursor
from typing import Any

from jobs.changes import StartJob
from jobs.job import COUNTED_JOBS, JOB_ID_LIMIT, Job, JobId, JobPage, JobReport, NoticeReport
from jobs.lane import LaneKey
from state.store.rows import JOB, LANE_STATE, LaneState, job_of, notice_report

EVERYBODY = ""  #: The tenant in `totals` that stands for all tenants.

_TOTAL = "SELECT coalesce(sum(jobs), 0) FROM totals WHERE tenant = ?"
_TOTAL_OF_LANE = (
    f"SELECT count(*) FROM (SELECT 1 FROM jobs WHERE lane = tenant AND lane = ? LIMIT {COUNTED_JOBS} + 1)"
)


def find_job(cursor: Cursor, job_id: JobId) -> JobReport | None:
    """Return one job and the state of its notice."""
    row = cursor.execute(
        f"SELECT notice_seq, {JOB} FROM jobs AS j WHERE j.id = ?", (storable(job_id),)
    ).fetchone()
    if row is None:
        return None
    job, seq = job_of(row[1:]), row[0]
    return JobReport(job=job, notice=None if seq is None else _notice_report(cursor, job.lane, seq))


def job_of_activity(cursor: Cursor, change: StartJob) -> Job:
    """Return the job that the activity of *change* started."""
    same = f"SELECT {JOB} FROM jobs AS j WHERE j.lane = ? AND j.source_activity = ?"
    return job_of(cursor.execute(same, (change.lane, change.source_activity)).fetchone())


def page_of_jobs(
    cursor: Cursor,
    lane: LaneKey,
    *,
    size: int,
    more: bool,
    tenant: str | None,
    source_activity: str | None,
) -> JobPage:
    """
    Return *size* jobs, newest first: the newest page, or with *more* the jobs after the lane's bookmark.

    Without a bookmark the conversation has seen at most the first page, so *more* is the second. The cost
    does not depend on the number of jobs: an index gives the order, and the total is stored, or counted up to
    `COUNTED_JOBS`.
    """
    bookmark = cursor.execute(
        "SELECT CASE WHEN source_activity = ? THEN shown_before ELSE before END"
        " FROM bookmarks WHERE lane = ?",
        (source_activity, lane),
    ).fetchone()
    rows = _rows(cursor, lane, size=size, more=more, tenant=tenant, bookmark=bookmark)
    counting = _TOTAL_OF_LANE if tenant == lane else _TOTAL
    (total,) = cursor.execute(counting, (EVERYBODY if tenant is None else tenant,)).fetchone()
    beyond = tenant == lane and total > COUNTED_JOBS
    return JobPage(
        jobs=tuple(map(job_of, rows[:size])),
        total=COUNTED_JOBS if beyond else total,
        has_more=len(rows) > size,
        bookmarked=bookmark is not None,
        beyond_total=beyond,
    )


def _rows(
    cursor: Cursor, lane: LaneKey, *, size: int, more: bool, tenant: str | None, bookmark: tuple[int] | None
) -> list[Any]:
    """Return the jobs of a page, and one more if there is one."""
    before, skipped = JOB_ID_LIMIT, 0
    if more and bookmark:
        (before,) = bookmark
    elif more:
        skipped = size
    of_tenant, whose = "", tuple[str, ...]()
    if tenant is not None:
        # The same condition as in the index, or the planner does not use it.
        of_tenant = (
            "lane = tenant AND lane = ? AND " if tenant == lane else "tenant <> lane AND tenant = ? AND "
        )
        whose = (tenant,)
    return cursor.execute(
        f"SELECT {JOB} FROM jobs AS j WHERE {of_tenant}id < ? ORDER BY id DESC LIMIT ? OFFSET ?",
        (*whose, before, size + 1, skipped),
    ).fetchall()


def _notice_report(cursor: Cursor, lane: LaneKey, seq: int) -> NoticeReport:
    dead = cursor.execute(
        "SELECT attempts, last_error FROM notices WHERE lane = ? AND seq = ? AND dead_at IS NOT NULL",
        (lane, seq),
    ).fetchone()
    state = cursor.execute(f"SELECT {LANE_STATE} FROM lanes AS l WHERE l.lane = ?", (lane,)).fetchone()
    return notice_report(seq, dead=dead, lane=LaneState(*state))


def storable(job_id: JobId) -> int:
    """Return *job_id*, at most `JOB_ID_LIMIT`, which no job has: SQLite's integers end at 2^63."""
    return min(job_id, JOB_ID_LIMIT)
