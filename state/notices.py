"""A notice is a completion message owed to a conversation; a claim, the right to deliver some."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from state.jobs import JobId
from state.lanes import LaneKey


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """A completion message owed to a conversation."""

    seq: int  #: Place in the lane, from 1; order of completion.
    job_id: JobId
    title: str | None
    reference: str  #: JSON of the conversation reference that the job was started on.
    created_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """
    A lane that is ours until its lease ends, and the oldest notices waiting in it.

    Every later write names *token*: once the lease has ended and somebody else has claimed the lane, the
    token no longer fits and the write changes nothing.
    """

    lane: LaneKey
    token: str
    notices: Sequence[Notice]  #: Oldest first, never empty.
    attempts: int = 0  #: Failed attempts at the first of them.
