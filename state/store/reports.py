"""A job, and how the notice about its end stands: the columns, for both databases."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from jobs.job import JobReport, NoticeReport, NoticeStatus
from state.store.rows import JOB, JOB_WIDTH, OF_END, PURGED, UNWANTED, job_of, maybe


class LaneState(NamedTuple):
    """The columns of a lane that determine the state of its notices; of one without a row all are None."""

    head: int
    due_at: int | None
    token: str | None
    attempts: int
    last_error: str | None
    parked_at: int | None
    not_before: int | None
    passes: str | None


#: The columns of a `LaneState`, from `lanes AS l`.
LANE_STATE = "l.head, l.due_at, l.token, l.attempts, l.last_error, l.parked_at, l.not_before, l.passes"


class KeptNotice(NamedTuple):
    """What is kept of the notice about a job's end: nothing once it is sent."""

    is_kept: bool
    dead_attempts: int | None  #: Of a dead letter.
    last_error: str | None


#: The columns of a `KeptNotice`, and how its table is joined to `jobs AS j`.
KEPT_NOTICE = "n.seq IS NOT NULL, CASE WHEN n.dead_at IS NOT NULL THEN n.attempts END, n.last_error"
JOIN_KEPT_NOTICE = f"LEFT JOIN notices AS n ON {OF_END}"


def notice_report(seq: int, *, kept: KeptNotice, lane: LaneState) -> NoticeReport:
    """
    Return the state of the notice at *seq* of a lane.

    `PURGED` stands for a dead letter that was purged, `UNWANTED` for what nobody wanted to be told.
    """
    if seq == UNWANTED:
        return NoticeReport(status=NoticeStatus.UNWANTED)
    if seq == PURGED:
        return NoticeReport(status=NoticeStatus.FAILED, last_error="its dead letter was purged")
    if kept.dead_attempts is not None:
        return NoticeReport(
            status=NoticeStatus.FAILED, attempts=kept.dead_attempts, last_error=kept.last_error
        )
    if not kept.is_kept:
        return NoticeReport(status=NoticeStatus.SENT)
    if lane.parked_at is not None:
        probe_at = None if lane.token is not None else maybe(lane.due_at)
        return NoticeReport(status=NoticeStatus.PARKED, retry_at=probe_at, last_error=lane.last_error)
    held = lane.passes is not None or lane.due_at == lane.not_before
    waits = lane.token is None and (lane.attempts > 0 or held)
    return NoticeReport(
        status=NoticeStatus.QUEUED,
        retry_at=maybe(lane.due_at) if waits else None,
        attempts=lane.attempts,
        last_error=lane.last_error if lane.attempts else None,
    )


#: The columns of `report_of`, from `jobs AS j`, `lanes AS l` and `JOIN_KEPT_NOTICE`.
REPORT = f"j.notice_seq, {KEPT_NOTICE}, {JOB}, {LANE_STATE}"


def report_of(row: Sequence[Any]) -> JobReport:
    """Return a job and the state of its notice, from the columns `REPORT`."""
    seq, is_kept, dead_attempts, last_error, *rest = row
    job = job_of(rest[:JOB_WIDTH])
    if seq is None:
        return JobReport(job=job, notice=None)
    kept = KeptNotice(bool(is_kept), dead_attempts, last_error)
    return JobReport(job=job, notice=notice_report(seq, kept=kept, lane=LaneState(*rest[JOB_WIDTH:])))
