"""What became of one job, from the turn that asked for it to the message that told of its end."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from jobs.attempts import Attempt
from jobs.job import JobReport
from jobs.notice import DeadLetter
from jobs.operators import AuditEntry

#: Counting what waits before a notice stops here.
AHEAD = 1_000


class LaneView(NamedTuple):
    """A conversation's queue, as an operator sees it."""

    head: int  #: Notices up to this seq are settled.
    tail: int
    due_at: datetime | None
    leased: bool  #: Whether a worker holds it, which ends at `due_at`.
    attempts: int
    last_error: str | None
    parked_at: datetime | None
    not_before: datetime | None
    held: bool  #: Whether people there hear nothing now but what they asked for: quiet hours.
    service_url: str | None


class JobHistory(NamedTuple):
    """All that is known of one job. Instants are those of the store's clock."""

    report: JobReport
    seq: int | None  #: The place of the notice about its end; None until it ends, 0 once it is purged.
    ahead: int  #: Notices that wait before it, counted up to `AHEAD`.
    owed_at: datetime | None  #: Since when that notice waits.
    lane: LaneView | None
    dead: DeadLetter | None
    attempts: Sequence[Attempt]  #: The oldest first.
    acts: Sequence[AuditEntry]  #: Of operators, the newest first.
    now: datetime
