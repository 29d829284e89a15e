"""Decide what to do after a failed send. Pure: the decision is a value."""

from dataclasses import dataclass
from datetime import timedelta

from delivery.errors import Blocked, DeliveryError, Rejected, Throttled, Unavailable

LONGEST_BASE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again when *after* has passed."""

    after: timedelta


@dataclass(frozen=True, slots=True)
class Park:
    """Keep the lane's notices until the user or an administrator allows the bot again."""

    reason: str


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Make it a dead letter."""

    reason: str


Decision = Retry | Park | GiveUp


@dataclass(frozen=True, kw_only=True, slots=True)
class RetryPolicy:
    """
    How often and how long a notice is tried.

    *base* and *cap* are those of `backoff`. A notice is given up after *max_attempts* failures, or after a
    failure at *max_age* or older. Full jitter halves the mean wait, so all attempts together take about half
    of *cap* times *max_attempts*: choose that longer than the outages to survive.
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

    def too_old(self, age: timedelta) -> bool:
        """Return whether a notice owed for *age* is given up when it fails."""
        return age >= self.max_age

    def decide(
        self, error: DeliveryError, *, attempts: int, age: timedelta | None, spread: float
    ) -> Decision:
        """
        Return what to do after *error* ended attempt number *attempts* (1 is the first).

        *age* is the time since the notice was owed, None if it must not count; *spread* is uniform in [0, 1).
        A throttled send is caused by our rate, not by the message, so only age limits it, or attempts if
        there is no age. The channel's `retry_after` is a lower bound; a random wait of up to *base* is added,
        so that senders with the same `retry_after` do not return at the same time.
        """
        if isinstance(error, Blocked):
            return Park(str(error))
        if isinstance(error, Rejected):
            return GiveUp(str(error))
        if age is not None and self.too_old(age):
            return GiveUp(f"owed for {age}, which is too long; {error}")
        if attempts >= self.max_attempts and (age is None or not isinstance(error, Throttled)):
            return GiveUp(f"failed {attempts} times; {error}")
        wait = backoff(attempts, base=self.base, cap=self.cap, spread=spread)
        if isinstance(error, Throttled | Unavailable) and error.retry_after is not None:
            wait = max(wait, error.retry_after + spread * self.base)
        return Retry(wait)


def backoff(attempt: int, *, base: timedelta, cap: timedelta, spread: float) -> timedelta:
    """
    Return how long to wait after failed attempt number *attempt* (1 is the first).

    ``spread * min(cap, base * 2 ** (attempt - 1))``: "full jitter", so that notices that failed together are
    not retried together. *spread* is uniform in [0, 1).

    Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """
    exponent = min(attempt - 1, 32)  # Far past any cap; a greater one would overflow timedelta.
    return spread * min(cap, base * (1 << exponent))
