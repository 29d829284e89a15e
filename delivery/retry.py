"""Decide what to do after a failed send. Pure: the decision is a value."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from delivery.errors import (
    Blocked,
    DeliveryError,
    Doubtful,
    OutcomeUnknown,
    Rejected,
    Throttled,
    Unavailable,
)

LONGEST_BASE = timedelta(hours=1)

#: A refusal that may pass is final after so many attempts over so long a time.
DOUBTFUL_ATTEMPTS, DOUBTFUL_TIME = 6, timedelta(minutes=10)

#: A message that fails so often, for so long, while its host takes other messages, is itself the trouble.
BAD_MESSAGE_ATTEMPTS, BAD_MESSAGE_TIME = 10, timedelta(minutes=15)

#: Waits after the second unknown outcome and after the third. The first is tried again after the
#: usual wait, since most requests whose connection broke did not arrive. After the fourth the lane is parked.
UNKNOWN_WAITS = (timedelta(hours=1), timedelta(hours=4))

#: After so many unknown outcomes, probes among them, the notice is a dead letter: each may have arrived.
MOST_UNKNOWN = 8


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again when *after* has passed."""

    name: ClassVar = "retry"
    after: timedelta


@dataclass(frozen=True, slots=True)
class Park:
    """Keep the lane's notices until the user or an administrator allows the bot again."""

    name: ClassVar = "park"
    reason: str


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Make it a dead letter."""

    name: ClassVar = "give_up"
    reason: str


Decision = Retry | Park | GiveUp


@dataclass(frozen=True, kw_only=True, slots=True)
class Tried:
    """The attempts at a lane's oldest notice, the one that has just failed included."""

    attempts: int  #: Failed attempts.
    time: timedelta  #: Since the first of them ended.
    unknowns: int = 0  #: Those of them whose outcome is unknown.
    alone: bool = True  #: Whether the last message had this notice only.
    others_taken: bool = False  #: Whether the host took other messages in that time.


@dataclass(frozen=True, kw_only=True, slots=True)
class RetryPolicy:
    """
    How often and how long a notice is tried.

    *base* and *cap* are those of `backoff`. A notice is given up after *max_attempts* failures and *max_age*
    since the first of them, whichever comes later: neither a wrong clock, nor a bot that stood still, nor a
    short outage uses up both.
    """

    base: timedelta
    cap: timedelta
    max_attempts: int
    max_age: timedelta

    def __post_init__(self) -> None:
        if not timedelta() < self.base <= min(self.cap, LONGEST_BASE):
            raise ValueError(f"base must be above zero and at most cap and {LONGEST_BASE}: {self.base}")
        if self.max_attempts < 1 or self.max_age <= timedelta():
            raise ValueError("max_attempts and max_age must be above zero")

    def decide(self, error: DeliveryError, tried: Tried, *, spread: float) -> Decision:
        """
        Return what to do after *error*; *spread* is uniform in [0, 1).

        The channel's `retry_after` is a lower bound of the wait; a random wait of up to *base* is added, so
        that senders with the same `retry_after` do not return at the same time.
        """
        if isinstance(error, Blocked):
            return Park(str(error))
        if isinstance(error, Rejected):
            return GiveUp(str(error))
        if reason := self._used_up(error, tried):
            return GiveUp(f"{reason}; {error}")
        if isinstance(error, OutcomeUnknown) and tried.unknowns > 1:
            if tried.unknowns - 2 < len(UNKNOWN_WAITS):
                return Retry(UNKNOWN_WAITS[tried.unknowns - 2])
            return Park(f"may have arrived {tried.unknowns} times; {error}")
        wait = backoff(tried.attempts, base=self.base, cap=self.cap, spread=spread)
        if isinstance(error, Throttled | Unavailable) and error.retry_after is not None:
            wait = max(wait, error.retry_after + spread * self.base)
        return Retry(wait)

    def _used_up(self, error: DeliveryError, tried: Tried) -> str | None:
        """Return why no further attempt is made, or None if there will be one."""
        many = f"failed {tried.attempts} times in {tried.time}"
        if isinstance(error, OutcomeUnknown):
            return f"may have arrived {tried.unknowns} times" if tried.unknowns >= MOST_UNKNOWN else None
        if isinstance(error, Doubtful):
            used_up = tried.attempts >= DOUBTFUL_ATTEMPTS and tried.time >= DOUBTFUL_TIME
            return many if used_up else None
        if tried.attempts >= self.max_attempts and tried.time >= self.max_age:
            return many
        if self._is_bad_message(error, tried):
            return f"{many} while its host took other messages"
        return None

    def _is_bad_message(self, error: DeliveryError, tried: Tried) -> bool:
        return (
            error.status is not None
            and error.status >= 500
            and tried.alone
            and tried.others_taken
            and tried.attempts >= BAD_MESSAGE_ATTEMPTS
            and tried.time >= BAD_MESSAGE_TIME
        )


def backoff(attempt: int, *, base: timedelta, cap: timedelta, spread: float) -> timedelta:
    """
    Return how long to wait after failed attempt number *attempt* (1 is the first).

    ``spread * min(cap, base * 2 ** (attempt - 1))``: "full jitter", so that notices that failed together are
    not retried together. *spread* is uniform in [0, 1).

    Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """
    exponent = min(attempt - 1, 32)  # Far past any cap; a greater one would overflow timedelta.
    return spread * min(cap, base * (1 << exponent))
