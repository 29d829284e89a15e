"""What a process delivered in a minute is kept, and only if it delivered anything."""

from datetime import UTC, datetime, timedelta

from delivery.meter import Unmeasured
from delivery.operating.minutes import MinuteCounts, MinuteRounds
from jobs.overview import WAIT_BOUNDS, Minute

AT = datetime(2026, 11, 27, 12, tzinfo=UTC)


class Kept:
    def __init__(self):
        self.kept = []

    async def keep(self, process, minute):
        self.kept.append((process, minute))


async def test_the_differences_of_counters_are_kept():
    kept, counts = Kept(), MinuteCounts(Unmeasured())
    counts.told("conversation", 100, [], fresh=True)
    rounds = MinuteRounds(kept, counts, "one", lambda: AT)
    await rounds.keep(AT)
    assert kept.kept == []
    counts.told("conversation", 2, [timedelta(seconds=0.1), timedelta(seconds=4_000)], fresh=True)
    counts.attempt_failed("conversation", "Blocked", "park")
    counts.dropped("conversation", 3, "dead")
    counts.dropped("conversation", 5, "unwanted")
    await rounds.keep(AT)
    await rounds.keep(AT)
    waits = (1, *[0] * (len(WAIT_BOUNDS) - 1), 1)
    assert kept.kept == [("one", Minute(AT, 2, 1, 1, 3, waits))]
