"""What this process has sent and could not settle, so that it does not send it again."""

from jobs.lane import LaneKey
from jobs.notice import Claim
from lru_map import LruMap

#: Lanes remembered. Each is a message whose settling failed, or is under way.
_KEPT = 10_000


class Unsettled:
    """
    The last seq sent in each lane, until it is settled.

    If a lease ends while the database is down, this process may claim the lane again, under another lease.
    Then what it sent is settled without being sent again.
    """

    def __init__(self) -> None:
        self._through: LruMap[LaneKey, int] = LruMap(_KEPT)

    def note(self, lane: LaneKey, through: int) -> None:
        """Record that the notices of *lane* up to seq *through* were sent."""
        self._through.put(lane, through)

    def forget(self, lane: LaneKey) -> None:
        """Record that they are settled."""
        self._through.drop(lane)

    def through(self, claim: Claim) -> int | None:
        """Return up to which seq the notices of *claim* were sent; None if the first of them was not."""
        through = self._through.get(claim.lane)
        if through is None or through >= claim.notices[0].seq:
            return through
        self.forget(claim.lane)  # Another process has settled them.
        return None
