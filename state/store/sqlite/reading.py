"""The job log's questions: find one job, list a page. Each runs inside the caller's transaction."""

from sqlite3 import Cursor

from instants import instant
from jobs.changes import StartJob
from jobs.job import JOB_ID_LIMIT, Job, JobId, JobPage, JobReport, NoticeReport, NoticeStatus
from jobs.lane import LaneKey

_JOB = "id, lane, tenant, title, requested_by, created_at, completed_at"

EVERYBODY = ""  #: In `totals`, the jobs of all tenants.

_TOTAL = "SELECT coalesce(sum(jobs), 0) FROM totals WHERE tenant = ?"
_TOTAL_OF_LANE = "SELECT count(*) FROM jobs WHERE lane = tenant AND lane = ?"

_JobRow = tuple[int, str, str, str | None, str | None, int, int | None]


def find_job(cursor: Cursor, job_id: JobId) -> JobReport | None:
    """Return one job and what became of its notice."""
    row = cursor.execute(f"SELECT {_JOB}, notice_seq FROM jobs WHERE id = ?", (storable(job_id),)).fetchone()
    if row is None:
        return None
    job, seq = _job(row[:-1]), row[-1]
    return JobReport(job=job, notice=None if seq is None else _notice_report(cursor, job.lane, seq))


def job_of_activity(cursor: Cursor, change: StartJob) -> Job:
    """Return the job that the activity behind *change* started."""
    same = f"SELECT {_JOB} FROM jobs WHERE lane = ? AND source_activity = ?"
    return _job(cursor.execute(same, (change.lane, change.source_activity)).fetchone())


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
    Return *size* jobs, newest first: the newest of all, or with *more* those after the lane's bookmark.

    Without a bookmark the conversation has seen the first page at most, so *more* is the second. The cost
    does not depend on how many jobs there are: the order is an index's, the total is kept.
    """
    bookmark = cursor.execute(
        "SELECT CASE WHEN source_activity = ? THEN shown_before ELSE before END"
        " FROM bookmarks WHERE lane = ?",
        (source_activity, lane),
    ).fetchone()
    before, skipped = JOB_ID_LIMIT, 0
    if more and bookmark:
        (before,) = bookmark
    elif more:
        skipped = size
    of_tenant, whose = "", tuple[str, ...]()
    if tenant is not None:
        # As the index is declared, or the planner does not take it.
        of_tenant = (
            "lane = tenant AND lane = ? AND " if tenant == lane else "tenant <> lane AND tenant = ? AND "
        )
        whose = (tenant,)
    rows = cursor.execute(
        f"SELECT {_JOB} FROM jobs WHERE {of_tenant}id < ? ORDER BY id DESC LIMIT ? OFFSET ?",
        (*whose, before, size + 1, skipped),
    ).fetchall()
    counting = _TOTAL_OF_LANE if tenant == lane else _TOTAL
    (total,) = cursor.execute(counting, (EVERYBODY if tenant is None else tenant,)).fetchone()
    return JobPage(
        jobs=tuple(_job(row) for row in rows[:size]),
        total=total,
        has_more=len(rows) > size,
        bookmarked=bookmark is not None,
    )


def _notice_report(cursor: Cursor, lane: LaneKey, seq: int) -> NoticeReport:
    if seq == 0:
        return NoticeReport(status=NoticeStatus.FAILED, last_error="its dead letter was purged")
    dead = cursor.execute(
        "SELECT attempts, last_error FROM notices WHERE lane = ? AND seq = ? AND dead_at IS NOT NULL",
        (lane, seq),
    ).fetchone()
    if dead is not None:
        return NoticeReport(status=NoticeStatus.FAILED, attempts=dead[0], last_error=dead[1])
    head, due_at, token, attempts, last_error, parked_at = cursor.execute(
        "SELECT head, due_at, token, attempts, last_error, parked_at FROM lanes WHERE lane = ?", (lane,)
    ).fetchone()
    if seq <= head:
        return NoticeReport(status=NoticeStatus.SENT)
    if parked_at is not None:
        return NoticeReport(status=NoticeStatus.PARKED, last_error=last_error)
    waits = attempts > 0 and token is None
    return NoticeReport(
        status=NoticeStatus.QUEUED,
        retry_at=instant(due_at) if waits else None,
        attempts=attempts,
        last_error=last_error if attempts else None,
    )


def storable(job_id: JobId) -> int:
    """Return *job_id*, or for one that no job can have the limit: SQLite's integers end at 2^63."""
    return min(job_id, JOB_ID_LIMIT)


def _job(row: _JobRow) -> Job:
    job_id, lane, tenant, title, requested_by, created_at, completed_at = row
    return Job(
        id=JobId(job_id),
        lane=LaneKey(lane),
        tenant=tenant,
        title=title,
        requested_by=requested_by,
        created_at=instant(created_at),
        completed_at=None if completed_at is None else instant(completed_at),
    )
