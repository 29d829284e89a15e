"""A job: one piece of work that somebody asked for in a chat, and its number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NamedTuple, NewType

from jobs.lane import LaneKey

#: Rises with each job: microseconds since the epoch when it was started, and a random step on.
JobId = NewType("JobId", int)

#: JavaScript clients read a job number as a double, which is exact only below this.
JOB_ID_LIMIT = 2**53

#: Jobs that are counted, at most, where their total is not kept: of a conversation that is its own tenant.
COUNTED_JOBS = 1_000

_MOST_DIGITS = 40  # Far more than any number has; a longer one is no number that a person typed.


class JobStatus(Enum):
    """How far a job has come."""

    RUNNING = "running"
    COMPLETED = "completed"


class Job(NamedTuple):
    """One piece of work a user asked for."""

    id: JobId
    lane: LaneKey  #: The conversation that asked, and that will be told.
    tenant: str  #: Of the conversation; its lane where the channel has no tenants.
    title: str | None
    requested_by: str | None  #: The user's display name as the channel gave it.
    created_at: datetime
    completed_at: datetime | None = None

    @property
    def status(self) -> JobStatus:
        """Whether the job is still running."""
        return JobStatus.RUNNING if self.completed_at is None else JobStatus.COMPLETED


@dataclass(frozen=True, kw_only=True, slots=True)
class JobPage:
    """Some of the job log, newest first."""

    jobs: Sequence[Job]
    total: int  #: Jobs in the whole log, as far as they were counted.
    has_more: bool  #: Whether older jobs follow.
    bookmarked: bool  #: Whether the conversation had read on past the newest page before.
    beyond_total: bool = False  #: Whether there are more than `total`, which were not counted.


class NoticeStatus(Enum):
    """What became of a job's completion notice."""

    QUEUED = "queued"
    SENT = "sent"
    PARKED = "parked"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class NoticeReport:
    """What became of a job's completion notice, as an operator or the user may ask."""

    status: NoticeStatus
    retry_at: datetime | None = None  #: When the next attempt is due, after one that failed.
    attempts: int = 0  #: Attempts that failed so far.
    last_error: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class JobReport:
    """One job and what became of its notice; `notice` is None while the job is running."""

    job: Job
    notice: NoticeReport | None


def parse_job_id(value: object) -> JobId | None:
    """
    Return *value* as a job number, or None if it is none.

    Integers, whole floats (JSON does not tell them apart) and strings of decimal digits count. The number
    may be larger than any job can have: no job is found for it, which is an answer too.
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
