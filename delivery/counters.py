"""What became of attempts since the process started."""

from dataclasses import dataclass


@dataclass(kw_only=True, slots=True)
class DeliveryCounters:
    """Counts; an operator's first look."""

    sent: int = 0  #: Notices that the channel took.
    failed: int = 0  #: Attempts that certainly did not reach the user.
    unknown: int = 0  #: Attempts that may have reached the user: no answer came.
    parked: int = 0  #: Lanes parked.
    dead: int = 0  #: Notices given up on.
