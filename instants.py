"""
Instants as the stores keep them: whole microseconds since the epoch, UTC; and clocks that return them.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(instant: datetime) -> int:
    """Return *instant*, which must be aware, as microseconds since the epoch."""
    return (instant - _EPOCH) // _MICROSECOND


def instant(micros: int) -> datetime:
    """Return the aware UTC instant *micros* microseconds after the epoch."""
    return _EPOCH + timedelta(microseconds=micros)


def utc_now() -> datetime:
    """Return the present instant."""
    return datetime.now(UTC)


class SteadyClock:
    """
    Returns instants that run with the monotonic clock, whatever happens to the machine's wall clock.

    Durations between two of its instants are right even if the wall clock was set between them. On one
    machine the monotonic clock is the same for all processes, so clocks with the same *offset* agree.
    """

    def __init__(
        self, offset: timedelta | None = None, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """Count *monotonic* seconds from *offset* after the epoch, by default from the present instant."""
        self._monotonic = monotonic
        #: The instant at which the monotonic clock was zero.
        self.start = utc_now() - timedelta(seconds=monotonic()) if offset is None else _EPOCH + offset

    def __call__(self) -> datetime:
        """Return the present instant."""
        return self.start + timedelta(seconds=self._monotonic())
