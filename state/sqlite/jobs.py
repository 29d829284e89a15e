"""The job log's statements: start, complete, find, list. Each runs inside the caller's transaction."""

from sqlite3 import Cursor

from state.changes import CompleteJob, Completion, CompletionResult, StartJob
from state.instants import instant
from state.jobs import JOB_ID_LIMIT, Job, JobId, JobPage, JobReport, NoticeReport, NoticeStatus
from state.lanes import LaneKey
from state.notices import Claim, Notice

_JOB = "id, lane, tenant, title, requested_by, created_at, completed_at"

_EVERYBODY = ""  # In `totals`, the jobs of all tenants.

# The statements of every turn, joined once: SQLite's prepared ones are found by their text.

# BEGIN IMMEDIATE lets one writer in at a time, over all processes: nobody takes the same number.
_ADD_JOB = (
    "INSERT INTO jobs"
    " (id, lane, tenant, status, title, requested_by, reference, source_activity, created_at)"
    " VALUES (max(?1, coalesce((SELECT max(id) + 1 FROM jobs), 0)), ?2, ?3, 'running', ?4, ?5, ?6, ?7, ?1)"
    " ON CONFLICT (lane, source_activity) DO NOTHING RETURNING id"
)
_SAME_JOB = f"SELECT {_JOB} FROM jobs WHERE lane = ? AND source_activity = ?"
# A conversation without a tenant is its own, and has few jobs: those are counted when somebody asks. A row of
# its own would be one more page, somewhere, for every commit.
_COUNT_JOB = (
    f"INSERT INTO totals (tenant, slot, jobs) SELECT column1, 0, 1 FROM (VALUES ('{_EVERYBODY}'), (?1))"
    " WHERE column1 <> ?2 ON CONFLICT (tenant, slot) DO UPDATE SET jobs = jobs + 1"
)
_TOTAL = "SELECT coalesce(sum(jobs), 0) FROM totals WHERE tenant = ?"
_TOTAL_OF_LANE = "SELECT count(*) FROM jobs WHERE lane = ?1 AND tenant = ?1"
_KEEP_LANE = (
    "INSERT INTO lanes (lane, head, tail, service_url) VALUES (?1, 0, 0, ?2)"
    " ON CONFLICT (lane) DO UPDATE SET service_url = ?2 WHERE service_url IS NOT ?2"
)
# An idle lane is taken in the same breath; a lane that somebody holds, or that is parked, is not.
_QUEUE_NOTICE = (
    "UPDATE lanes SET tail = tail + 1,"
    " due_at = CASE WHEN tail = head AND parked_at IS NULL THEN ?1 ELSE due_at END,"
    " token = CASE WHEN tail = head AND parked_at IS NULL THEN ?2 ELSE token END"
    " WHERE lane = (SELECT lane FROM jobs WHERE id = ?3 AND status = 'running')"
    " RETURNING lane, tail, token, waited, service_url, pace"
)
_COMPLETE_JOB = (
    "UPDATE jobs SET status = 'completed', completed_at = ?, completed_by = ?, notice_seq = ?"
    " WHERE id = ? RETURNING title, tenant, reference"
)
_ADD_NOTICE = "INSERT INTO notices (lane, seq, job_id, created_at) VALUES (?, ?, ?, ?)"

_JobRow = tuple[int, str, str, str | None, str | None, int, int | None]


def start_job(cursor: Cursor, change: StartJob, now: int) -> Job:
    """Add a running job, or return the one that the same activity started before."""
    added = cursor.execute(
        _ADD_JOB,
        (
            now,
            change.lane,
            change.tenant,
            change.title,
            change.requested_by,
            change.reference,
            change.source_activity,
        ),
    ).fetchone()
    if added is None:
        return _job(cursor.execute(_SAME_JOB, (change.lane, change.source_activity)).fetchone())
    cursor.execute(_COUNT_JOB, (change.tenant, change.lane))
    cursor.execute(_KEEP_LANE, (change.lane, change.service_url))
    return _job((added[0], change.lane, change.tenant, change.title, change.requested_by, now, None))


def complete_job(cursor: Cursor, change: CompleteJob, now: int, lease: int) -> Completion:
    """Complete a running job and queue its notice; *lease* in microseconds is for a caller with a token."""
    due_at = now if change.token is None else now + lease
    job_id = storable(change.job_id)
    queued = cursor.execute(_QUEUE_NOTICE, (due_at, change.token, job_id)).fetchone()
    if queued is None:
        return _not_completed(cursor, job_id, change.source)
    lane, seq, held_by, waited, service_url, pace = queued
    title, tenant, reference = cursor.execute(_COMPLETE_JOB, (now, change.source, seq, job_id)).fetchone()
    cursor.execute(_ADD_NOTICE, (lane, seq, job_id, now))
    if change.token is None or held_by != change.token:
        return Completion(result=CompletionResult.COMPLETED)
    notice = Notice(
        seq=seq,
        job_id=change.job_id,
        title=title,
        tenant=tenant,
        reference=reference,
        created_at=instant(now),
    )
    claim = Claim(
        lane=LaneKey(lane),
        token=change.token,
        leased_until=instant(due_at),
        notices=(notice,),
        waited=waited,
        service_url=service_url,
        pace=pace,
    )
    return Completion(result=CompletionResult.COMPLETED, claim=claim)


def _not_completed(cursor: Cursor, job_id: int, source: str | None) -> Completion:
    """Say why there was nothing to complete."""
    row = cursor.execute("SELECT completed_by FROM jobs WHERE id = ?", (job_id,)).fetchone()
    if row is None:
        return Completion(result=CompletionResult.UNKNOWN_JOB)
    repeated = source is not None and row == (source,)
    return Completion(result=CompletionResult.REPEATED if repeated else CompletionResult.ALREADY_COMPLETED)


def find_job(cursor: Cursor, job_id: JobId) -> JobReport | None:
    """Return one job and what became of its notice."""
    row = cursor.execute(f"SELECT {_JOB}, notice_seq FROM jobs WHERE id = ?", (storable(job_id),)).fetchone()
    if row is None:
        return None
    job, seq = _job(row[:-1]), row[-1]
    return JobReport(job=job, notice=None if seq is None else _notice_report(cursor, job.lane, seq))


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
    (total,) = cursor.execute(counting, (_EVERYBODY if tenant is None else tenant,)).fetchone()
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
