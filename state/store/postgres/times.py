"""The current time for a statement."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from instants import SteadyClock, micros


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
    #: The clock of this process, for instants that are compared in it only.
    process: Callable[[], datetime] = field(default_factory=SteadyClock)

    def times(self) -> Times:
        """Return the times for a statement that is about to be sent."""
        return Times(
            None if self.clock is None else micros(self.clock()),
            self.lease // timedelta(microseconds=1),
            self.process() + self.lease,
        )
