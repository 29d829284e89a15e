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
    """How far a job has come. It moves once, and only down this list: see `jobs.transitions`."""

    QUEUED = "queued"  #: Handed to a job system that has not begun with it.
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
    lane: LaneKey  #: The conversation that asked, and that will be told.
    tenant: str  #: Of the conversation, a GUID; its lane (never a GUID) where the channel has no tenants.
    title: str | None
    requested_by: str | None  #: The user's display name as the channel gave it.
    requester_id: str | None  #: The user's id in the channel.
    status: JobStatus
    created_at: datetime
    finished_at: datetime | None = None
    message_id: str | None = None  #: The channel's id of the message that says the job was started.


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
    """What became of a job's completion notice."""

    status: NoticeStatus
    retry_at: datetime | None = None  #: When the next attempt is due, after one that failed.
    attempts: int = 0  #: Attempts that failed so far.
    last_error: str | None = None  #: For operators: it may quote what a remote service answered.


@dataclass(frozen=True, kw_only=True, slots=True)
class JobReport:
    """One job and what became of its notice; `notice` is None until the job ends."""

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
