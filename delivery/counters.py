"""Counts of delivery outcomes since the process started."""

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import datetime

from delivery.digest import Digest
from jobs.overview import WAIT_BOUNDS


@dataclass(kw_only=True, slots=True)
class DeliveryCounters:
    """Counts of notices, attempts and lanes."""

    sent: int = 0  #: Notices that the channel accepted.
    failed: int = 0  #: Attempts that certainly did not reach the user.
    unknown: int = 0  #: Attempts that may have reached the user: no answer came.
    parked: int = 0  #: Lanes parked.
    dead: int = 0  #: Notices given up on.
    #: Notices about ends of jobs by the time from report to arrival, in the classes of `WAIT_BOUNDS`.
    waits: list[int] = field(default_factory=lambda: [0] * (len(WAIT_BOUNDS) + 1), compare=False)

    def told(self, digest: Digest, now: datetime) -> None:
        """Count a message that the channel accepted *now*."""
        self.sent += len(digest.notices)
        for notice in digest.notices:
            if notice.kind.is_of_an_end:
                self.waited((now - notice.created_at).total_seconds())

    def waited(self, seconds: float) -> None:
        """Count a notice that was told *seconds* after its report."""
        self.waits[bisect_left(WAIT_BOUNDS, seconds)] += 1
