"""The current time for a statement."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from instants import micros, utc_now


@dataclass(frozen=True, slots=True)
class Times:
    """The times of one statement, taken before it is sent."""

    now: int | None  #: Microseconds; None uses the server's clock.
    lease: int  #: Microseconds.
    leased_until: datetime  #: By the clock of this process; not later than the server's value.


@dataclass(frozen=True, slots=True)
class Timekeeper:
    """
    Returns the current time.

    Without a *clock*, the server's clock is used when the statement arrives: one clock for all replicas. So a
    replica with a wrong clock neither takes lanes that others hold nor keeps its own for ever.
    """

    lease: timedelta
    clock: Callable[[], datetime] | None

    def times(self) -> Times:
        """Return the times for a statement that is about to be sent."""
        return Times(
            None if self.clock is None else micros(self.clock()),
            self.lease // timedelta(microseconds=1),
            (self.clock or utc_now)() + self.lease,
        )
