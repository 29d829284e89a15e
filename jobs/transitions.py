"""The status transitions that reports cause: only forward, and each at most once."""

from enum import Enum

from jobs.changes import ReportResult
from jobs.job import JobStatus


class ReportKind(Enum):
    """What a job system may report about a job."""

    STARTED = "started"
    PROGRESS = "progress"
    HEARTBEAT = "heartbeat"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


_NEXT = {
    ReportKind.STARTED: JobStatus.RUNNING,
    ReportKind.PROGRESS: JobStatus.RUNNING,  # Work that makes progress has begun.
    ReportKind.HEARTBEAT: JobStatus.RUNNING,
    ReportKind.SUCCEEDED: JobStatus.SUCCEEDED,
    ReportKind.FAILED: JobStatus.FAILED,
    ReportKind.CANCELLED: JobStatus.CANCELLED,
}


def status_after(status: JobStatus, report: ReportKind) -> JobStatus:
    """Return the status of a job after *report*; a final status does not change."""
    return status if status.is_final else _NEXT[report]


def result_of_begin(status: JobStatus | None) -> ReportResult:
    """Return what became of a report that a job runs, by the job's *status* afterwards; None: no such job."""
    if status is None:
        return ReportResult.UNKNOWN_JOB
    return ReportResult.ALREADY_FINISHED if status.is_final else ReportResult.ACCEPTED
