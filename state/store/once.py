"""
Which activity started which job: remembered for a while, so that a channel that resends it starts no second.

Entries lie together by time, in slots of ten minutes, not by activity: so a new one costs the same however
many there are. A hash stands for the activity. Who finds one compares lane and activity with the job's.
"""

from hashlib import blake2b

from jobs.changes import StartJob
from jobs.lane import UNATTENDED

SLOT = 10 * 60 * 1_000_000  #: Microseconds.

#: Slots that are looked at, the current one included: two hours. Channels resend within minutes.
LOOKED_AT = 12

#: Slots that are kept, four days: so far may a clock be set back and find what it knew.
KEPT = 4 * 24 * 6

#: Slots of a day. On PostgreSQL a day has a partition; migration 0015 made `RINGS` of them.
DAY, RINGS = 24 * 6, 6


def once_key(change: StartJob) -> int | None:
    """
    Return the hash of what must start one job alone: 64 bits, signed, as databases have them.

    None if nothing tells a repeat. Jobs that no chat started have an index of their ids, for ever.
    """
    if change.source_activity is None or change.lane == UNATTENDED:
        return None
    said = f"{change.lane}\x1f{change.source_activity}".encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(said, digest_size=8).digest(), "big", signed=True)


def noted_at(now: int, newest: int) -> int:
    """
    Return the instant by which an activity is noted and looked for: *now*, or that of the *newest* job.

    The latter if the clock was set back since then, as far as entries are kept.
    """
    return max(now, min(newest, now + KEPT * SLOT))


def slots_looked_at(at: int) -> range:
    """Return the numbers of the slots to look at, at an instant in microseconds."""
    current = at // SLOT
    return range(current - LOOKED_AT + 1, current + 1)
