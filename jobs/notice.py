"""
A notice is a completion message owed to a conversation; a claim, the right to deliver some.

Both are made in every delivery: a NamedTuple is as fixed as a frozen dataclass, and made in half the time
(+4.5 % per event with dataclasses here and in changes.py, by callgrind).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NamedTuple

from jobs.job import JobId
from jobs.lane import LaneKey


class NoticeKind(Enum):
    """What a notice says of its job."""

    STARTED = "started"  #: The answer to `run`, where it could not be given in the turn.
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def keeps_message_id(self) -> bool:
        """Whether the id that the channel gives the message is kept with the job."""
        return self is NoticeKind.STARTED


class DestinationKind(Enum):
    """Where a lane leads, and so who sends what waits in it."""

    CONVERSATION = "conversation"
    WEBHOOK = "webhook"


class Notice(NamedTuple):
    """A message owed to a destination."""

    seq: int  #: Place in the lane, from 1: the order in which notices came to be owed.
    job_id: JobId
    title: str | None
    tenant: str
    #: JSON of the conversation reference that the job was started on. In a claim only the first has it:
    #: one message goes to one conversation. Empty in those behind.
    reference: str
    created_at: datetime
    kind: NoticeKind = NoticeKind.SUCCEEDED
    body: str | None = None  #: JSON of what else there is to say.


class Claim(NamedTuple):
    """
    A lane that is ours until its lease ends, and the oldest notices waiting in it.

    Every later write names *token*: once the lease has ended and somebody else has claimed the lane, the
    token no longer fits and the write changes nothing.
    """

    lane: LaneKey
    token: str
    leased_until: datetime  #: By the store's clock. Past it somebody else may hold the lane.
    notices: Sequence[Notice]  #: Oldest first, never empty.
    attempts: int = 0  #: Failed attempts at the first of them.
    waited: int = 0  #: Notices up to this seq were parked for a while.
    service_url: str | None = None  #: Where the conversation was last heard from, as it is stored.
    pace: str | None = None  #: When it was last spoken to, as the holders of the lane noted it.
    destination: DestinationKind = DestinationKind.CONVERSATION


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
    status: int | None  #: The HTTP status of the last attempt, if there was an answer.
    error: str
    kind: NoticeKind = NoticeKind.SUCCEEDED
