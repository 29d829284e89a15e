"""How the bot stands as a whole: bounded counts, and the conversations in which something waits."""

from datetime import datetime
from typing import NamedTuple

from jobs.job import JobId
from jobs.lane import LaneKey

#: Counting stops here, so that the cost of a look does not grow with what waits.
COUNTED = 10_000

#: Upper bounds, in seconds, of the classes of times from report to arrival. The last class has no bound.
WAIT_BOUNDS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0)


class Counts(NamedTuple):
    """Each count ends at `COUNTED` and one more, which stands for "more than that"."""

    jobs: int  #: In the whole log; stored, so this one is exact.
    running: int
    waiting: int  #: Conversations and job systems' queues in which notices wait.
    parked: int
    muted: int
    dead: int
    due_since: datetime | None  #: Since when the queue that is due for longest is due.
    tried_since: datetime | None  #: Since when the conversation that fails for longest is tried.
    now: datetime


class WaitingLane(NamedTuple):
    """A queue in which notices wait."""

    lane: LaneKey
    waiting: int
    due_at: datetime
    leased: bool
    attempts: int
    last_error: str | None
    parked_at: datetime | None
    not_before: datetime | None
    held: bool  #: Whether people there hear nothing now but what they asked for: quiet hours.
    job_id: JobId | None  #: Of its oldest notice.
    owed_at: datetime | None


class MutedLane(NamedTuple):
    """A conversation that asked to be told nothing for a while."""

    lane: LaneKey
    until: datetime
    waiting: int


class Backlog(NamedTuple):
    """What waits for one job system."""

    name: str
    waiting: int  #: Jobs with events that wait; counted up to `COUNTED` and one more.
    due_at: datetime | None  #: When the first of them is tried.
    last_error: str | None


class Minute(NamedTuple):
    """What all processes delivered in one minute."""

    at: datetime
    sent: int = 0
    failed: int = 0
    parked: int = 0
    dead: int = 0
    waits: tuple[int, ...] = (0,) * (len(WAIT_BOUNDS) + 1)  #: How many were told within each bound.
