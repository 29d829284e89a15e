"""The worker: holds lanes by lease, sends what waits in them in order, and settles what became of it."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from delivery.errors import DeliveryError, OutcomeUnknown
from delivery.retry import GiveUp, Park, Retry, RetryPolicy
from state.errors import LeaseLost, StoreUnavailable
from state.notices import Claim, Notice

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Outbox(Protocol):
    """What the worker needs of a store. What settles a claim raises `LeaseLost` if that is over."""

    async def claim(self, limit: int) -> list[Claim]:
        """Lease at most *limit* lanes that are due."""

    async def renew(self, claims: Sequence[Claim]) -> None:
        """Hold the lanes for another lease from now; those that are no longer ours are passed over."""

    async def sent(self, claim: Claim, through: int) -> Claim | None:
        """Settle the notices up to seq *through* as sent; return the claim on what follows, or None."""

    async def dead(self, claim: Claim, through: int, error: str) -> Claim | None:
        """Settle the notices up to seq *through* as dead letters; otherwise like `sent`."""

    async def retry(self, claim: Claim, after: timedelta, error: str) -> None:
        """Give the lane back after a failed attempt; it is due again *after* from now."""

    async def release(self, claim: Claim) -> None:
        """Give the lane back untried, due at once."""


class Sender(Protocol):
    """The way to the channel."""

    async def send(self, notice: Notice) -> None:
        """Send one message. Returns once the channel has taken it; raises `DeliveryError` otherwise."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerSettings:
    """How the worker keeps time."""

    lease: timedelta  #: As the store leases; renewed every third of it.
    send_timeout: timedelta  #: For one message; shorter than the lease.
    poll: timedelta = timedelta(seconds=1)  #: How often to look for retries and for lanes that others lost.
    grace: timedelta = timedelta(seconds=10)  #: For the sends under way when the worker stops.
    lanes: int = 256  #: Lanes that one look takes on while others are being delivered.


class DeliveryWorker:
    """
    Delivers notices, one lane at a time in order, many lanes side by side.

    A turn that completes a job hands its claim to `take` and is done; `running` also looks for lanes that
    are due: retries, and what a crashed process left behind. It is delivered at least once: a crash between
    the send and its settling makes the next holder of the lane send again.
    """

    def __init__(
        self,
        outbox: Outbox,
        sender: Sender,
        *,
        policy: RetryPolicy,
        settings: WorkerSettings,
        clock: Callable[[], datetime],
        spread: Callable[[], float],
    ) -> None:
        """Deliver from *outbox* through *sender*; *spread* is uniform in [0, 1), for the retry policy."""
        self._outbox = outbox
        self._sender = sender
        self._policy = policy
        self._settings = settings
        self._clock = clock
        self._spread = spread
        self._held: dict[str, tuple[Claim, asyncio.Task[None]]] = {}  # By token.
        self._idle = asyncio.Event()
        self._idle.set()
        self._claiming = True

    def new_token(self) -> str:
        """Return a token for a lease: unlike any other, and of no meaning."""
        return secrets.token_hex(8)

    def take(self, claim: Claim) -> None:
        """Deliver the notices of *claim*; returns at once."""
        task = asyncio.create_task(self._deliver(claim), name=f"deliver {claim.lane}")
        self._held[claim.token] = claim, task
        self._idle.clear()

    async def idle(self) -> None:
        """Wait until no lane is held."""
        await self._idle.wait()

    def stop_claiming(self) -> None:
        """Look for no more lanes; what turns hand over is still delivered."""
        self._claiming = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """
        Deliver for as long as the body runs.

        Then sends under way may end within the grace time; what is left is given back to the outbox.
        """
        keepers = [
            asyncio.create_task(self._claim_due_lanes(), name="claim due lanes"),
            asyncio.create_task(self._renew_leases(), name="renew leases"),
        ]
        try:
            yield
        finally:
            self.stop_claiming()
            with suppress(TimeoutError):
                await asyncio.wait_for(self.idle(), self._settings.grace.total_seconds())
            tasks = [*keepers, *(task for _, task in self._held.values())]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _claim_due_lanes(self) -> None:
        while True:
            claims: list[Claim] = []
            room = self._settings.lanes - len(self._held)
            if self._claiming and room > 0:
                try:
                    claims = await finish(self._outbox.claim(room))
                except StoreUnavailable as error:
                    _log.warning("Cannot look for due notices: %s", error)
            for claim in claims:
                self.take(claim)
            if len(claims) < max(room, 1):
                await asyncio.sleep(self._settings.poll.total_seconds())

    async def _renew_leases(self) -> None:
        while True:
            await asyncio.sleep(self._settings.lease.total_seconds() / 3)
            if self._held:
                try:
                    await self._outbox.renew([claim for claim, _ in self._held.values()])
                except StoreUnavailable as error:
                    _log.warning("Cannot renew leases: %s", error)

    async def _deliver(self, claim: Claim) -> None:
        """Deliver what waits in one lane until it is empty, must wait, or is no longer ours."""
        following: Claim | None = claim
        try:
            while following is not None:
                claim, following = following, await self._attempt(following)
        except asyncio.CancelledError:
            with suppress(LeaseLost, StoreUnavailable):
                await finish(self._outbox.release(claim))
            raise
        except LeaseLost:
            _log.info("Lane %s went to another worker meanwhile", claim.lane)
        except Exception:
            # Not settled, so not lost: the lane is due again when its lease ends.
            _log.exception("Delivery to %s broke off", claim.lane)
        finally:
            del self._held[claim.token]
            if not self._held:
                self._idle.set()

    async def _attempt(self, claim: Claim) -> Claim | None:
        """Send the oldest notice of *claim* and settle; return the claim on what follows it."""
        notice = claim.notices[0]
        try:
            async with asyncio.timeout(self._settings.send_timeout.total_seconds()):
                await self._sender.send(notice)
        except TimeoutError:
            error: DeliveryError = OutcomeUnknown(f"no answer within {self._settings.send_timeout}")
        except DeliveryError as failed:
            error = failed
        else:
            # The message has reached the channel: write that down even if we are being stopped.
            return await finish(self._outbox.sent(claim, notice.seq))
        return await finish(self._settle(claim, notice, error))

    async def _settle(self, claim: Claim, notice: Notice, error: DeliveryError) -> Claim | None:
        attempts = claim.attempts + 1
        age = self._clock() - notice.created_at
        match self._policy.decide(error, attempts=attempts, age=age, spread=self._spread()):
            case Retry(after):
                _log.warning(
                    "Notice of job %d: attempt %d failed, next in %s: %s",
                    notice.job_id,
                    attempts,
                    after,
                    error,
                )
                await self._outbox.retry(claim, after, str(error))
                return None
            case GiveUp(reason) | Park(reason):
                _log.error("Notice of job %d is a dead letter: %s", notice.job_id, reason)
                return await self._outbox.dead(claim, notice.seq, reason)


async def finish(write: Coroutine[Any, Any, T]) -> T:
    """Run *write* to its end although we may be cancelled meanwhile; the cancellation follows."""
    task = asyncio.create_task(write)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise
