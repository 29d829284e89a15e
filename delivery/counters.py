"""Counts of delivery outcomes since the process started."""

from dataclasses import dataclass


@dataclass(kw_only=True, slots=True)
class DeliveryCounters:
    """Counts of notices, attempts and lanes."""

    sent: int = 0  #: Notices that the channel accepted.
    failed: int = 0  #: Attempts that certainly did not reach the user.
    unknown: int = 0  #: Attempts that may have reached the user: no answer came.
    parked: int = 0  #: Lanes parked.
    dead: int = 0  #: Notices given up on.
