"""What delivery needs of the rooms beside it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from delivery.digest import Digest
from jobs.lane import Heard
from jobs.notice import Claim, Notice


class Outbox(Protocol):
    """
    What delivery needs of a store.

    What settles a claim raises `LeaseLost` if that is over, and stores the claim's `pace` with the lane.
    """

    async def claim(self, limit: int) -> list[Claim]:
        """Lease at most *limit* lanes that are due."""

    async def renew(self, claims: Sequence[Claim]) -> set[str]:
        """Hold the lanes for another lease from now; return the tokens of those that are still ours."""

    async def sent(self, claim: Claim, through: int) -> Claim | None:
        """Settle the notices up to seq *through* as sent; return the claim on what follows, or None."""

    async def dead(self, claim: Claim, through: int, *, status: int | None, error: str) -> Claim | None:
        """Settle the notices up to seq *through* as dead letters; otherwise like `sent`."""

    async def retry(self, claim: Claim, after: timedelta, error: str) -> None:
        """Give the lane back after a failed attempt; it is due again *after* from now."""

    async def park(self, claim: Claim, reason: str) -> None:
        """Keep what waits in the lane until its conversation is heard from."""

    async def release(self, claim: Claim, after: timedelta = timedelta()) -> None:
        """Give the lane back untried; it is due *after* from now."""

    async def hear(self, heard: Sequence[Heard]) -> bool:
        """Note signs of life; return whether anything changed, such as a parked lane that is due now."""


class Sender(Protocol):
    """The way to the channel."""

    async def send(self, digest: Digest[Notice], *, service_url: str | None) -> None:
        """
        Send one message to the conversation of the first notice, at *service_url* if that is known better.

        Returns once the channel has taken it; raises `DeliveryError` otherwise.
        """

    def size(self, digest: Digest[Notice]) -> int:
        """Return the size of the message's text, as `delivery.digest.text_size` measures it."""
