"""What time it is for a statement."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from instants import micros, utc_now


@dataclass(frozen=True, slots=True)
class Times:
    """The instants of one statement, taken before it is under way."""

    now: int | None  #: Microseconds; None leaves it to the server's clock.
    lease: int  #: Microseconds.
    leased_until: datetime  #: By the clock of this process, and no later than what the server notes.


@dataclass(frozen=True, slots=True)
class Timekeeper:
    """
    Says what time it is.

    Without a *clock* that is the server's to say, when the statement comes in: one clock for all replicas,
    so that one whose own is wrong neither takes lanes that others hold nor holds its own for ever.
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
