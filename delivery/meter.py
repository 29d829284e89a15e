"""What delivery tells those who measure it."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Protocol

#: Told how many things of a kind were deleted because they were old: `job`, or `dead_letter`.
Retired = Callable[[str, int], None]

#: Told the name of an endless task that has completed a round.
Completed = Callable[[str], None]


class DeliveryMeter(Protocol):
    """Counts what becomes of notices. *destination* is the value of a `DestinationKind`."""

    def told(self, destination: str, notices: int, ends: Sequence[timedelta], *, fresh: bool) -> None:
        """
        Count *notices* in a message that the channel took.

        *ends* has, for each of them that tells people of the end of a job, the time since it became owed.
        *fresh*: they are of no backlog.
        """

    def attempt_failed(self, destination: str, reason: str, decision: str) -> None:
        """Count an attempt that failed for *reason*, the name of a `DeliveryError`, and what follows."""

    def dropped(self, destination: str, notices: int, outcome: str) -> None:
        """Count *notices* that were settled without a message: they are `dead`, or `unwanted`."""

    def put_off(self, limit: str) -> None:
        """Count a lane that has to wait without an attempt, for its `conversation`, `tenant` or `host`."""


class Unmeasured:
    """Implements `DeliveryMeter` where nobody measures."""

    def told(self, destination: str, notices: int, ends: Sequence[timedelta], *, fresh: bool) -> None:
        pass

    def attempt_failed(self, destination: str, reason: str, decision: str) -> None:
        pass

    def dropped(self, destination: str, notices: int, outcome: str) -> None:
        pass

    def put_off(self, limit: str) -> None:
        pass


def uncounted(_kind: str, _count: int) -> None:
    """Count nothing that was deleted."""


def unmeasured(_task: str) -> None:
    """Count no round."""
