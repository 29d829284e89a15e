"""
A notice is a message owed to a destination; a claim is a lease on a lane with its oldest notices.

Every delivery creates both, so they are NamedTuples: immutable like a frozen dataclass, created in half the
time (+4.5 % per event with dataclasses here and in changes.py, by callgrind).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import NamedTuple

from jobs.job import JobId
from jobs.lane import LaneKey


class NoticeKind(Enum):
    """What a notice says about its job."""

    STARTED = "started"  #: The answer to `run`, if it could not be sent in the turn.
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REPLY = "reply"  #: Another answer that could not be sent in the turn; the body has its text.
    WATCHED = "watched"  #: The end of a job that a conversation watches; the body is as of a reply.
    WATCHED_FAILURE = "watched failure"  #: The same of a job that failed.
    NOT_BEGUN = "not begun"  #: Within the time that it had for that; the body has `within`, in seconds.
    NOT_HEARD_OF = "not heard of"
    NOT_ENDED = "not ended"
    # Events for the job system, by the types that it sees.
    JOB_CREATED = "job.created"
    CANCEL_REQUESTED = "job.cancel_requested"
    JOB_OVERDUE = "job.overdue"
    NOTICE_DELIVERED = "notice.delivered"  #: The notice about the job's end.
    NOTICE_PARKED = "notice.parked"
    NOTICE_DEAD = "notice.dead"
    NOTICE_UNWANTED = "notice.unwanted"

    @property
    def keeps_message_id(self) -> bool:
        """Whether the channel's id of the sent message is stored with the job."""
        return self is NoticeKind.STARTED

    @property
    def is_an_answer(self) -> bool:
        """Whether somebody asked for it just then."""
        return self in (NoticeKind.STARTED, NoticeKind.REPLY)

    @property
    def is_trouble(self) -> bool:
        """Whether it tells that something went wrong."""
        return self in _TROUBLE

    @property
    def has_its_text(self) -> bool:
        """Whether the body says what to send, and to which conversation: not always the job's."""
        return self in (NoticeKind.REPLY, NoticeKind.WATCHED, NoticeKind.WATCHED_FAILURE)

    @property
    def is_of_an_end(self) -> bool:
        """Whether it tells people that the job ended."""
        return self in (NoticeKind.SUCCEEDED, NoticeKind.FAILED, NoticeKind.CANCELLED)


_TROUBLE = (
    NoticeKind.FAILED,
    NoticeKind.NOT_BEGUN,
    NoticeKind.NOT_HEARD_OF,
    NoticeKind.NOT_ENDED,
    NoticeKind.WATCHED_FAILURE,
)


class DestinationKind(Enum):
    """The kind of a lane's destination, which decides how its notices are sent."""

    CONVERSATION = "conversation"
    WEBHOOK = "webhook"


class Notice(NamedTuple):
    """A message owed to a destination."""

    seq: int  #: Place in the lane, from 1, in the order in which notices became owed.
    job_id: JobId
    title: str | None
    tenant: str
    #: JSON of the conversation reference that the job was started on. In a claim only the first notice has
    #: it, since all go to one conversation, or in a group all have it; it is empty in the others.
    reference: str
    created_at: datetime
    kind: NoticeKind = NoticeKind.SUCCEEDED
    body: str | None = None  #: JSON of further content.
    webhook: str | None = None  #: The job system that hears of the job.
    finish_by: datetime | None = None  #: When the job had to end.
    start_trace: str | None = None  #: Of what started the job, as `jobs.tracing` writes it.
    trace: str | None = None  #: Of what made the notice owed.


class Claim(NamedTuple):
    """
    A lease on a lane, and the oldest notices waiting in it.

    Every later write carries *token*, a fencing token: if another worker has claimed the lane after the lease
    ended, the token does not match and the write changes nothing.
    """

    lane: LaneKey
    token: str
    leased_until: datetime  #: By the store's clock. After it another worker may hold the lane.
    notices: Sequence[Notice]  #: Oldest first, never empty.
    attempts: int = 0  #: Failed attempts at the first of them.
    waited: int = 0  #: Notices up to this seq were parked for a while.
    service_url: str | None = None  #: The conversation's most recent service URL, in the stored form.
    pace: str | None = None  #: Times of the latest sends, as the lane's holders recorded them.
    destination: DestinationKind = DestinationKind.CONVERSATION
    tried_for: timedelta = timedelta()  #: Time from the end of the first of these attempts to this claim.
    unknowns: int = 0  #: Those of them whose outcome is unknown.
    parked: bool = False  #: Whether the lane is parked, so that this attempt is a probe.
    probes: int = 0  #: Earlier probes since it was parked.
    preferences: str | None = None  #: What the conversation has set, as `jobs.preferences` stores it.


class LetterPlace(NamedTuple):
    """A place among all dead letters, which are in the order of these."""

    dead_at: datetime
    lane: LaneKey
    seq: int


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadLetter:
    """A notice given up on, kept for a person to read and requeue."""

    lane: LaneKey
    seq: int
    job_id: JobId
    title: str | None
    created_at: datetime
    dead_at: datetime
    attempts: int
    status: int | None  #: The HTTP status of the last attempt, if there was a response.
    error: str
    kind: NoticeKind = NoticeKind.SUCCEEDED

    @property
    def place(self) -> LetterPlace:
        """Where the list goes on after it."""
        return LetterPlace(self.dead_at, self.lane, self.seq)
