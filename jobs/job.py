"""A job: one piece of work that a user asked for in a chat, and its number."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NamedTuple, NewType

from jobs.lane import LaneKey

#: Increases with each job: the start time in microseconds since the epoch plus a random step.
JobId = NewType("JobId", int)

#: JavaScript clients read a job number as a double, which is exact only below this limit.
JOB_ID_LIMIT = 2**53

#: Maximum count of jobs where no total is stored: for a conversation that is its own tenant.
COUNTED_JOBS = 1_000

_MOST_DIGITS = 40  # Far more than a job number has.


class JobStatus(Enum):
    """The status of a job. It only moves forward, and a final one never changes: see `jobs.transitions`."""

    QUEUED = "queued"  #: Given to a job system that has not begun to work on it.
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether the job has ended."""
        return self not in (JobStatus.QUEUED, JobStatus.RUNNING)


class Job(NamedTuple):
    """One piece of work a user asked for."""

    id: JobId
    lane: LaneKey  #: The conversation that asked and that gets the notices.
    tenant: str  #: The conversation's tenant, a GUID, or its lane key (never a GUID) if there are no tenants.
    title: str | None
    requested_by: str | None  #: The user's display name as the channel gave it.
    requester_id: str | None  #: The user's id in the channel.
    status: JobStatus
    created_at: datetime
    finished_at: datetime | None = None
    message_id: str | None = None  #: The channel's id of the message that says the job was started.
    report: str | None = None  #: JSON of the content of the latest report.
    webhook: str | None = None  #: The job system that hears of it.
    external_id: str | None = None  #: The job system's own id of it, if no chat started it; unique.
    labels: str | None = None  #: JSON of an object of texts.
    told_at: datetime | None = None  #: When the notice about its end was delivered, if it has a webhook.
    cancel_asked_at: datetime | None = None
    cancel_asked_by: str | None = None  #: A person's name, or a job system's.
    start_by: datetime | None = None  #: These three: see `jobs.deadlines`.
    heard_by: datetime | None = None
    finish_by: datetime | None = None
    overdue: str = ""  #: The deadlines that passed and were told, as `jobs.deadlines.Clock` values.


class NoticeStatus(Enum):
    """The status of a job's completion notice."""

    QUEUED = "queued"
    SENT = "sent"
    PARKED = "parked"
    FAILED = "failed"
    UNWANTED = "unwanted"  #: Its conversation does not want to be told of such ends.


@dataclass(frozen=True, kw_only=True, slots=True)
class NoticeReport:
    """The state of a job's completion notice."""

    status: NoticeStatus
    retry_at: datetime | None = None  #: When the next attempt is due, after a failed one.
    attempts: int = 0  #: Failed attempts so far.
    last_error: str | None = None  #: For operators only: it may quote a remote service's response.


@dataclass(frozen=True, kw_only=True, slots=True)
class JobReport:
    """One job and the state of its notice; `notice` is None until the job ends."""

    job: Job
    notice: NoticeReport | None


def parse_job_id(value: object) -> JobId | None:
    """
    Return *value* as a job number, or None if it is not one.

    Accepts integers, whole floats (JSON does not distinguish them) and strings of decimal digits. The number
    may be larger than any job's; then no job is found.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str):
        text = value.strip()
        if not text.isdecimal() or len(text) > _MOST_DIGITS:
            return None
        value = int(text)
    return JobId(value) if isinstance(value, int) and value > 0 else None
