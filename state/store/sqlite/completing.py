"""End jobs, many with few statements."""

from collections.abc import Sequence
from sqlite3 import Cursor
from typing import Any

from jobs.changes import BeginJob, Finished, FinishJob, ReportResult
from jobs.deadlines import NO_DEADLINES
from jobs.job import JobStatus
from jobs.lane import UNATTENDED
from state.store.deadlines import KEPT, WATCHED, watched_of
from state.store.preferring import passes_by
from state.store.rows import (
    JOB,
    NOTICE_OF_STATUS,
    STORED_STATUS,
    UNFINISHED,
    claim_of,
    job_of,
    make_notice,
)
from state.store.sqlite.queueing import (
    ADD_NOTICES,
    STANDING_OF_JOB,
    QueuedLane,
    let_through,
    queue,
    queued_in,
    standing_of,
)
from state.store.sqlite.reading import storable
from state.store.sqlite.sql import look_up, run_for_rows

RUNNING = (
    "SELECT json_group_array(json_array("
    "j.id, j.lane, j.title, j.tenant, j.reference, j.webhook, j.finish_by, j.start_trace,"
    f" {STANDING_OF_JOB}))"
    f" FROM jobs AS j LEFT JOIN lanes AS l ON l.lane = j.lane"
    f" WHERE j.id IN {{rows}} AND j.status IN {UNFINISHED}"
)
FINISH_JOBS = (
    "UPDATE jobs SET status = column2, completed_at = column3, completed_by = column4,"
    " notice_seq = column5, report = coalesce(column6, report), check_at = NULL"
    " FROM (VALUES {rows}) WHERE id = column1"
)
_BEGIN = (
    "UPDATE jobs SET status = 'running', report = coalesce(?, report)"
    f" WHERE id = ? AND (status = 'queued' OR (? IS NOT NULL AND status IN {UNFINISHED}))"
)
_WATCHED = f"SELECT {WATCHED} FROM jobs WHERE id = ? AND status = 'running'"
_WATCH = f"UPDATE jobs SET ({KEPT}) = (?, ?, ?, ?, ?) WHERE id = ?"


def finish_jobs(cursor: Cursor, changes: Sequence[FinishJob], now: int, lease: int) -> list[Finished]:
    """
    End the jobs that have not ended, and queue their notices.

    A change with a token gets a lease on the lane for *lease* microseconds, if the lane was idle, is not
    deferred, and no earlier one of *changes* is in the same lane.
    """
    numbers = [storable(change.job_id) for change in changes]
    running = {job_id: row for job_id, *row in look_up(cursor, RUNNING, numbers)}
    lanes: dict[str, QueuedLane] = {}
    ended, notices = [], []
    passing = set()
    outcomes: list[Finished | None] = []
    for change, number in zip(changes, numbers, strict=True):
        row = running.pop(number, None)
        if row is None:
            outcomes.append(None)
            continue
        if row[0] == UNATTENDED:
            seq, outcome = None, Finished(ReportResult.ACCEPTED)
        else:
            seq, outcome = _owe_end(change, row, lanes, now, lease)
            kind = NOTICE_OF_STATUS[change.status]
            notices.append((row[0], seq, number, now, kind.value, change.body, change.trace))
            if passes_by(lanes[row[0]].before.passes, kind):
                passing.add(row[0])
        ended.append((number, STORED_STATUS[change.status], now, change.source, seq, change.body))
        outcomes.append(outcome)
    run_for_rows(cursor, FINISH_JOBS, ended)
    run_for_rows(cursor, ADD_NOTICES, notices)
    queue(cursor, lanes, now)
    let_through(cursor, passing, now)
    return [
        outcome or _not_finished(cursor, number, change.source)
        for outcome, number, change in zip(outcomes, numbers, changes, strict=True)
    ]


def _owe_end(
    change: FinishJob, row: Sequence[Any], lanes: dict[str, QueuedLane], now: int, lease: int
) -> tuple[int, Finished]:
    """Queue the notice of a job that ends in its lane of *lanes*; return the seq of it, and the outcome."""
    lane, job = row[0], row[1:7]
    before = lanes.get(lane)
    if before is None:
        new = queued_in(standing_of(row[7:], now), change.token, now, lease)
    else:
        new = before._replace(tail=before.tail + 1)
    lanes[lane] = new
    if before is not None or not new.before.idle or new.token is None:
        return new.tail, Finished(ReportResult.ACCEPTED)
    kind = NOTICE_OF_STATUS[change.status]
    notice = make_notice(new.tail, change.job_id, job, now, kind, change.body, change.trace)
    claim = claim_of(lane, new.token, now + lease, (notice,), new.before.claimed, now=now)
    return new.tail, Finished(ReportResult.ACCEPTED, claim)


def begin_job(cursor: Cursor, change: BeginJob, now: int) -> JobStatus | None:
    """
    Set a queued job to running, and count its deadlines anew.

    Returns the job's status afterwards, None for an unknown job.
    """
    number = storable(change.job_id)
    cursor.execute(_BEGIN, (change.report, number, change.report))
    watched = cursor.execute(_WATCHED, (number,)).fetchone()
    if watched is not None:
        job = watched_of(watched)
        if change.deadlines != NO_DEADLINES or any(job.by) or job.heard_every:
            cursor.execute(_WATCH, (*job.after_report(change.deadlines, now), number))
    row = cursor.execute(f"SELECT {JOB} FROM jobs AS j WHERE j.id = ?", (number,)).fetchone()
    return None if row is None else job_of(row).status


def _not_finished(cursor: Cursor, job_id: int, source: str | None) -> Finished:
    """Return why the job was not ended: unknown, a repeated report, or already finished."""
    row = cursor.execute("SELECT completed_by FROM jobs WHERE id = ?", (job_id,)).fetchone()
    if row is None:
        return Finished(ReportResult.UNKNOWN_JOB)
    repeated = source is not None and row == (source,)
    return Finished(ReportResult.REPEATED if repeated else ReportResult.ALREADY_FINISHED)
