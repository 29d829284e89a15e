"""Help for what is not understood, but not again and again: a program that answers would never stop."""

import time
from collections import deque
from collections.abc import Callable

from jobs.lane import LaneKey
from lru_map import LruMap

#: Seconds in which the same text gets help once.
SAME_TEXT = 60.0

#: Helps in a minute for a conversation, whatever the texts.
MOST_IN_A_MINUTE = 5

_CONVERSATIONS = 10_000  # Kept in memory; others get help as if they had not been heard before.


class _Given:
    __slots__ = ("at", "heard_at", "text")

    def __init__(self) -> None:
        self.at: deque[float] = deque(maxlen=MOST_IN_A_MINUTE)
        self.text = ""
        self.heard_at = float("-inf")


class HelpLimit:
    """Decides whether a conversation gets help now."""

    def __init__(self, *, time: Callable[[], float] = time.monotonic) -> None:
        """Count seconds by *time*."""
        self._time = time
        self._given: LruMap[LaneKey, _Given] = LruMap(_CONVERSATIONS)

    def allows(self, lane: LaneKey, text: str) -> bool:
        """Return whether to give help for *text*, and count it; the same text starts its minute anew."""
        now, given = self._time(), self._given.get(lane) or _Given()
        self._given.put(lane, given)
        same = given.text == text[:100] and now - given.heard_at < SAME_TEXT
        given.text, given.heard_at = text[:100], now
        often = len(given.at) == MOST_IN_A_MINUTE and now - given.at[0] < 60
        if same or often:
            return False
        given.at.append(now)
        return True
