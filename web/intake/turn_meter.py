"""What the HTTP edge tells those who measure turns, and how it knows what became of one."""

import asyncio
from typing import Protocol

from bot.apology import ReplyNotTaken
from channel.outbound_tokens import OutboundTokenError
from delivery.errors import CircuitOpen
from state.errors import StoreUnavailable


class TurnMeter(Protocol):
    """Counts turns."""

    def turn(self, activity_type: str, outcome: str, seconds: float) -> None:
        """Count a turn; *seconds* is the time from the authenticated request to the answer."""

    def refused(self, status: int) -> None:
        """Count a request that was answered with an error before its turn."""


class Unmeasured:
    """Implements `TurnMeter` where nobody measures."""

    def turn(self, activity_type: str, outcome: str, seconds: float) -> None:
        pass

    def refused(self, status: int) -> None:
        pass


OK = "ok"

#: The bot's own fault, and people were told that something went wrong.
FAILED = "failed"

STORE_UNAVAILABLE = "store_unavailable"

_OUTCOMES: tuple[tuple[type[BaseException], str], ...] = (
    (StoreUnavailable, STORE_UNAVAILABLE),
    (OutboundTokenError, "no_token"),
    (CircuitOpen, "circuit_open"),
    (ReplyNotTaken, "not_answered"),
    (asyncio.CancelledError, "abandoned"),
)


def outcome_of(failure: type[BaseException] | None) -> str:
    """Return what became of a turn that raised such a *failure*, whether or not people were told of that."""
    if failure is None:
        return OK
    return next((outcome for kind, outcome in _OUTCOMES if issubclass(failure, kind)), FAILED)
