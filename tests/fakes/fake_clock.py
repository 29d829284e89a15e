"""A clock that a test sets."""

from datetime import UTC, datetime, timedelta


class FakeClock:
    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        """Seconds, as `time.monotonic` has them: where they begin means nothing."""
        return self.now.timestamp()

    def advance(self, **duration: float) -> None:
        self.now += timedelta(**duration)
