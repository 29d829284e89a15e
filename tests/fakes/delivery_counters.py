"""A meter of delivery that keeps its counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta


@dataclass(kw_only=True, slots=True)
class DeliveryCounters:
    """Implements `delivery.meter.DeliveryMeter`: counts of notices, attempts and lanes."""

    sent: int = 0  #: Notices that the channel accepted.
    failed: int = 0  #: Attempts that certainly did not reach the user.
    unknown: int = 0  #: Attempts that may have reached the user: no answer came.
    parked: int = 0  #: Lanes parked.
    dead: int = 0  #: Notices given up on.

    def told(self, destination: str, notices: int, ends: Sequence[timedelta], *, fresh: bool) -> None:
        self.sent += notices

    def attempt_failed(self, destination: str, reason: str, decision: str) -> None:
        if reason == "OutcomeUnknown":
            self.unknown += 1
        else:
            self.failed += 1
        self.parked += decision == "park"

    def dropped(self, destination: str, notices: int, outcome: str) -> None:
        self.dead += notices if outcome == "dead" else 0

    def put_off(self, limit: str) -> None:
        pass
