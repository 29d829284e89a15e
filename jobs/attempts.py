"""Attempts to deliver, as they are kept for operators: those that failed, and successes after a failure."""

from datetime import datetime, timedelta
from typing import NamedTuple

from jobs.lane import LaneKey

#: Attempts that are kept of each notice, the newest, and for how long.
KEPT_ATTEMPTS, ATTEMPTS_KEPT_FOR = 20, timedelta(days=14)

#: The outcome of an attempt that succeeded; others are the names of classes in `delivery.errors`.
SENT = "sent"


class Failure(NamedTuple):
    """What came of a message that was not taken."""

    through: int  #: The seq of its last notice.
    outcome: str
    status: int | None = None  #: Of HTTP; None without a response.
    code: str | None = None  #: The channel's own.
    retry_after: timedelta | None = None  #: What the channel asked for.


class Attempt(NamedTuple):
    """One message that was sent or not, with the notices from seq to through."""

    at: datetime
    lane: LaneKey
    seq: int
    through: int
    outcome: str
    status: int | None
    code: str | None
    retry_after: timedelta | None
    next_at: datetime | None  #: When the lane was to be tried again.
