"""
A notice is a completion message owed to a conversation; a claim, the right to deliver some.

Both are made in every delivery: a NamedTuple is as fixed as a frozen dataclass, and made in half the time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from jobs.job import JobId
from jobs.lane import LaneKey


class Notice(NamedTuple):
    """A completion message owed to a conversation."""

    seq: int  #: Place in the lane, from 1; order of completion.
    job_id: JobId
    title: str | None
    tenant: str
    reference: str  #: JSON of the conversation reference that the job was started on.
    created_at: datetime


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
    pace: str | None = None  #: When it was last spoken to, as whoever held the lane noted it.


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
