"""Whether turns succeed: a replica whose every turn fails is not ready, whatever its database answers."""

import logging
import time
from collections import deque
from collections.abc import Callable
from datetime import timedelta

from web.intake.turn_meter import FAILED, OK, STORE_UNAVAILABLE

_log = logging.getLogger(__name__)

#: Turns that are looked back at: those of so long, and so many at most.
WINDOW = timedelta(seconds=60)
_REMEMBERED = 1_000

#: No verdict on less than so many failures, of so many conversations, over so long. One person's message, at
#: which the bot always fails, and a database that was away for a moment, take no replica out of service.
FAILURES, CONVERSATIONS, OVER = 10, 3, timedelta(seconds=10)

#: The part of all turns that must have failed.
SHARE = 0.8

#: How long a replica is not ready: at first, and at most; doubled each time that it fails again.
FIRST_REST, LONGEST_REST = timedelta(seconds=30), timedelta(minutes=5)

#: The bot's own faults. What a channel or the directory does to a turn says nothing about this replica.
_OURS = (FAILED, STORE_UNAVAILABLE)


class TurnsFail(Exception):
    """Nearly all turns fail, and by the bot's own fault."""


class TurnHealth:
    """
    Judges the turns of the last minute, like a circuit breaker.

    While a replica is not ready it gets no turns, so it cannot show that it is well: after a rest it is ready
    again, and judged anew.
    """

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Count seconds by *monotonic*."""
        self._monotonic = monotonic
        self._turns: deque[tuple[float, bool, str]] = deque(maxlen=_REMEMBERED)  # Whether one failed.
        self._rest = FIRST_REST
        self._rests_until = float("-inf")

    def note(self, outcome: str, conversation: str) -> None:
        """Note what became of a turn."""
        if outcome == OK or outcome in _OURS:
            self._turns.append((self._monotonic(), outcome != OK, conversation))

    def check(self) -> None:
        """Raise `TurnsFail` if nearly all turns fail, or did so a short while ago."""
        now = self._monotonic()
        if now < self._rests_until:
            raise TurnsFail("nearly all turns failed")
        while self._turns and self._turns[0][0] < now - WINDOW.total_seconds():
            self._turns.popleft()
        failed = [(at, conversation) for at, fails, conversation in self._turns if fails]
        if len(self._turns) - len(failed) > FAILURES:
            self._rest = FIRST_REST  # It has been well since.
        if (
            len(failed) < max(FAILURES, SHARE * len(self._turns))
            or failed[-1][0] - failed[0][0] < OVER.total_seconds()
            or len({conversation for _, conversation in failed}) < CONVERSATIONS
        ):
            return
        _log.error("%d of %d turns failed: not ready for %s", len(failed), len(self._turns), self._rest)
        self._turns.clear()
        self._rests_until = now + self._rest.total_seconds()
        self._rest = min(LONGEST_REST, 2 * self._rest)
        raise TurnsFail("nearly all turns fail")
