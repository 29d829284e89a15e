"""One attempt: what goes into the message, when it may go, and what to do about what came of it."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import takewhile

from delivery.digest import Digest, digests
from delivery.errors import DeliveryError, OutcomeUnknown, Rejected, Throttled
from delivery.finish import finish
from delivery.paces import Paces
from delivery.ports import Outbox, Sender
from delivery.retry import GiveUp, Park, Retry, RetryPolicy
from delivery.tally import Tally
from delivery.turnstiles import Turnstiles
from state.errors import LeaseLost
from state.notices import Claim, Notice

_log = logging.getLogger(__name__)

#: Rejections that smaller messages may escape; any other concerns the conversation, so all notices alike.
_ABOUT_THE_MESSAGE = (400, 413)


class Attempts:
    """Makes attempts at the lanes that a worker holds, and settles each."""

    def __init__(
        self,
        outbox: Outbox,
        sender: Sender,
        *,
        policy: RetryPolicy,
        paces: Paces,
        tenants: Turnstiles,
        send_timeout: timedelta,
        clock: Callable[[], datetime],
        spread: Callable[[], float],
    ) -> None:
        """Send through *sender*, settle in *outbox*; *spread* is uniform in [0, 1), for *policy*."""
        self.tally = Tally()
        self._outbox = outbox
        self._sender = sender
        self._policy = policy
        self._paces = paces
        self._tenants = tenants
        self._send_timeout = send_timeout.total_seconds()
        self._clock = clock
        self._spread = spread

    async def make(self, claim: Claim, still_ours: Callable[[], bool]) -> Claim | None:
        """
        Send one message of what waits in the lane, and settle; return the claim on what follows, or None.

        A conversation that may not be spoken to yet is given back until it may. Raises `LeaseLost` if the
        lane is no longer *still_ours* when everything is ready to send.
        """
        self._paces.adopt(claim.lane, claim.pace)
        wait = self._paces.earliest(claim.lane) - self._clock()
        if wait > timedelta():
            await finish(self._outbox.release(self._paced(claim), wait))
            return None
        digest = self._digest(claim)
        await self._tenants.admitted(digest.notices[0].tenant)
        if not still_ours():
            raise LeaseLost(claim.lane)
        error = await self._send(digest, claim)
        if isinstance(error, Rejected) and error.status in _ABOUT_THE_MESSAGE and len(digest.notices) > 1:
            digest = Digest(digest.notices[:1], digest.waited)
            error = await self._send(digest, claim)
        return await finish(self._settle(self._paced(claim), digest, error))

    def _digest(self, claim: Claim) -> Digest[Notice]:
        """Return the next message: all that waits, as far as it fits, and either parked before or not."""
        first = claim.notices[0]
        waited = first.seq <= claim.waited
        if len(claim.notices) == 1:
            return Digest((first,), waited)
        alike = list(takewhile(lambda notice: (notice.seq <= claim.waited) is waited, claim.notices))
        return next(digests(alike, waited=waited, size=self._sender.size))

    async def _send(self, digest: Digest[Notice], claim: Claim) -> DeliveryError | None:
        """Send *digest*; return what went wrong, if anything did."""
        try:
            async with asyncio.timeout(self._send_timeout):
                await self._sender.send(digest, service_url=claim.service_url)
        except TimeoutError:
            return OutcomeUnknown(f"no answer within {self._send_timeout:g} s")
        except DeliveryError as error:
            return error
        return None

    async def _settle(
        self, claim: Claim, digest: Digest[Notice], error: DeliveryError | None
    ) -> Claim | None:
        through = digest.notices[-1].seq
        if error is None:
            self.tally.sent += len(digest.notices)
            return await self._outbox.sent(claim, through)
        first = digest.notices[0]
        attempts = claim.attempts + 1
        age = self._clock() - first.created_at
        said = f"Notice of job {first.job_id}: attempt {attempts} failed: {error}"
        if isinstance(error, OutcomeUnknown):
            self.tally.unknown += 1
        else:
            self.tally.failed += 1
        match self._policy.decide(error, attempts=attempts, age=age, spread=self._spread()):
            case Retry(after):
                _log.warning("%s; next in %s", said, after)
                await self._outbox.retry(self._held_back(claim, error, after), after, str(error))
                return None
            case Park(reason):
                self.tally.parked += 1
                _log.warning("%s; parked until the conversation is heard from", said)
                await self._outbox.park(claim, reason)
                return None
            case GiveUp(reason):
                # Out of attempts or of age is the first alone; those behind it have their own time.
                lost = digest.notices if isinstance(error, Rejected) else digest.notices[:1]
                self.tally.dead += len(lost)
                _log.error("%s; %d dead letters now", said, len(lost))
                return await self._outbox.dead(claim, lost[-1].seq, status=error.status, error=reason)

    def _held_back(self, claim: Claim, error: DeliveryError, after: timedelta) -> Claim:
        """Note a throttling with the pace, so that completions meanwhile wait as well."""
        if not isinstance(error, Throttled):
            return claim
        self._paces.hold(claim.lane, self._clock() + after)
        return self._paced(claim)

    def _paced(self, claim: Claim) -> Claim:
        """Return *claim* with the pace to store."""
        return replace(claim, pace=self._paces.dump(claim.lane))
