"""What a process delivered in a minute is kept, and only if it delivered anything."""

from datetime import UTC, datetime

from delivery.counters import DeliveryCounters
from delivery.operating.minutes import MinuteRounds
from jobs.overview import WAIT_BOUNDS, Minute

AT = datetime(2026, 11, 27, 12, tzinfo=UTC)


class Kept:
    def __init__(self):
        self.kept = []

    async def keep(self, process, minute):
        self.kept.append((process, minute))


async def test_the_differences_of_counters_are_kept():
    kept, counters = Kept(), DeliveryCounters(sent=100)
    rounds = MinuteRounds(kept, counters, "one", lambda: AT)
    await rounds.keep(AT)
    assert kept.kept == []
    counters.sent += 2
    counters.unknown += 1
    counters.waited(0.1)
    counters.waited(4_000)
    await rounds.keep(AT)
    await rounds.keep(AT)
    waits = (1, *[0] * (len(WAIT_BOUNDS) - 1), 1)
    assert kept.kept == [("one", Minute(AT, 2, 1, 0, 0, waits))]
