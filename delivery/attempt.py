"""
One delivery attempt: compose the message, wait for rate limits, send, and settle the outcome.

Longer than other files: the steps share the claim, and each decides what the next one may do.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import takewhile

from delivery.digest import Digest
from delivery.errors import (
    BrokenNotice,
    CircuitOpen,
    DeliveryError,
    Doubtful,
    OutcomeUnknown,
    Rejected,
    Throttled,
    Unavailable,
)
from delivery.failures import failure_of
from delivery.held_lane import HeldLane
from delivery.hosts.service_host import Place
from delivery.hosts.service_hosts import ServiceHosts
from delivery.log_lines import failed_attempt, jobs_of, told
from delivery.messages import messages
from delivery.meter import DeliveryMeter, Unmeasured
from delivery.ports import Way
from delivery.rate_limits.conversations import ConversationRateLimiter
from delivery.rate_limits.tenants import TenantRateLimiter
from delivery.retry import GiveUp, Park, Retry, RetryPolicy, Tried
from delivery.retry_write import retry_write
from delivery.unsettled import Unsettled
from delivery.wishes import Unwanted, Wanted, wanted
from jobs.job import JobId
from jobs.notice import Claim, DestinationKind, Notice
from jobs.preferences import Hold
from state.store.port import Outbox

_log = logging.getLogger(__name__)

#: Refusals that smaller messages may escape; any other concerns the conversation, so all notices alike.
_ABOUT_THE_MESSAGE = (400, 413)

#: After so many failures at a host that takes other messages, the oldest notice is tried alone: one that the
#: channel fails at must not take others with it.
_ALONE_AFTER = 3


class Attempts:
    """Makes attempts at the lanes that a worker holds, and settles each."""

    def __init__(
        self,
        outbox: Outbox,
        ways: Mapping[DestinationKind, Way],
        *,
        hosts: ServiceHosts,
        conversations: ConversationRateLimiter,
        tenants: TenantRateLimiter,
        send_timeout: timedelta,
        clock: Callable[[], datetime],
        spread: Callable[[], float],
        wall_clock: Callable[[], datetime],
        meter: DeliveryMeter | None = None,
    ) -> None:
        """
        Send on one of *ways*, settle in *outbox*; *spread* is uniform in [0, 1), for retries.

        Durations are counted on *clock*; *wall_clock* tells people's time of day.
        """
        self._meter = meter or Unmeasured()
        self._hosts = hosts
        self._outbox = outbox
        self._ways = ways
        self._conversations = conversations
        self._tenants = tenants
        self._send_timeout = send_timeout
        self._clock = clock
        self._wall_clock = wall_clock
        self._spread = spread
        self._unsettled = Unsettled()

    async def make(self, hold: HeldLane) -> Claim | timedelta | None:
        """
        Send one message with notices of the lane of *hold*, and settle.

        Return the claim on the following notices, None if there are none, or how long until the lane is due
        again.

        The lane is given back without an attempt while its rate limit or its host's open circuit forbids a
        send, or if its lease would end before the send's deadline. Raises `LeaseLost` and `StoreUnavailable`.
        """
        claim = hold.claim
        self._conversations.adopt(claim.lane, claim.pace)
        if (through := self._unsettled.through(claim)) is not None:  # The user has it; only the write failed.
            return await self._settle_sent(hold, through)
        way = self._ways[claim.destination]
        going = claim
        if claim.preferences is not None:
            now = self._wall_clock()
            wish = await wanted(claim, self._outbox, now)
            if not isinstance(wish, Wanted):
                return await hold.write(self._follow(self._paced(claim), wish, now))
            going = wish.claim
        alone = way.events or claim.parked or self._suspects(claim)
        for digest in messages(going, size=way.sender.size, alone=alone):
            place = await self._place(hold)
            if isinstance(place, Place):
                with place:
                    message_id, error = await self._send(digest, claim, way)
                    place.taken = _took(error)
                wait = self._pause(claim) if isinstance(error, CircuitOpen) else None
                if wait is not None:
                    self._meter.put_off("host")
            else:
                wait = place
            if wait is not None:  # The host was not asked, so it was no attempt.
                await hold.write(self.give_back(claim, wait))
                return wait
            if not _may_be_one_notice(error):
                break
        if error is None:
            self._count_told(hold, digest)
            _log.info("Told %s about jobs: %s", *told(claim, digest), extra=jobs_of(digest))
            through = digest.notices[-1].seq
            self._unsettled.note(claim.lane, through)
            return await self._settle_sent(hold, through, _message_ids(digest, message_id))
        return await hold.write(self._settle_failed(self._paced(claim), digest, error))

    async def _follow(self, claim: Claim, wish: Unwanted | Hold, now: datetime) -> Claim | None:
        """Do what the conversation wants instead of being told; return the same as `make`."""
        if isinstance(wish, Hold):
            return await self._outbox.hold_back(claim, wish.passes, wish.until - now)
        unwanted = sum(notice.seq <= wish.through for notice in claim.notices)
        self._meter.dropped(claim.destination.value, unwanted, "unwanted")
        return await self._outbox.sent(claim, wish.through, wanted=False)

    def put_off(self, claim: Claim) -> timedelta:
        """Return how long a lane has to be left alone for its tenant's rate; zero if it may be held."""
        wait = self._tenants.put_off(self._tenant_of(claim))
        if wait:
            self._meter.put_off("tenant")
        return wait

    def _tenant_of(self, claim: Claim) -> str:
        """Return the tenant whose rate counts; empty for conversations without one, and for job systems."""
        tenant = claim.notices[0].tenant
        return "" if tenant == claim.lane or self._ways[claim.destination].events else tenant

    async def give_back(self, claim: Claim, after: timedelta = timedelta()) -> None:
        """Give the lane back without an attempt, due *after* from now, and store its latest send times."""
        await self._outbox.release(self._paced(claim), after)

    async def _place(self, hold: HeldLane) -> Place | timedelta:
        """Return a place to send now, or how long to leave the lane alone."""
        lane, host = hold.claim.lane, self._hosts.at(hold.claim.service_url)
        tenant = self._tenant_of(hold.claim)
        while True:
            if wait := self._conversations.wait(lane):
                self._meter.put_off("conversation")
                return wait
            if wait := await self._tenants.soon(tenant):
                self._meter.put_off("tenant")
                return wait
            place = await host.place(fresh=hold.fresh, spread=self._spread())
            if not isinstance(place, Place):
                self._meter.put_off("host")
                return place
            wait = self._conversations.wait(lane)  # Replies may have been sent while we waited.
            lasts = hold.leased_until - self._clock() >= self._send_timeout
            if lasts and not wait and not self._tenants.try_acquire(tenant):
                return place
            place.give_back()
            if wait:
                self._meter.put_off("conversation")
            if wait or not lasts:
                return wait

    def _pause(self, claim: Claim) -> timedelta:
        return self._hosts.at(claim.service_url).pause(self._spread())

    async def _send(self, digest: Digest, claim: Claim, way: Way) -> tuple[str | None, DeliveryError | None]:
        """Send *digest*; return the channel's id of the message, and what went wrong, if anything did."""
        try:
            async with asyncio.timeout(self._send_timeout.total_seconds()):
                return await way.sender.send(digest, service_url=claim.service_url), None
        except TimeoutError:
            kind = Unavailable if way.events else OutcomeUnknown
            return None, kind(f"no answer within {self._send_timeout.total_seconds():g} s")
        except DeliveryError as error:
            return None, error
        except Exception as error:  # A notice that breaks the sender must not hold up its lane for ever.
            _log.exception("Sending broke off: %s", error, extra=jobs_of(digest))
            return None, BrokenNotice(repr(error))

    async def _settle_sent(
        self, hold: HeldLane, through: int, message_ids: dict[JobId, str] | None = None
    ) -> Claim | None:
        """
        Settle the notices up to seq *through*; repeat that as long as the store is unavailable.

        If the lease is lost meanwhile, this process still knows that they were sent: see `Unsettled`.
        """
        claim = self._paced(hold.claim)
        following = await retry_write(lambda: hold.write(self._outbox.sent(claim, through, message_ids)))
        self._unsettled.forget(claim.lane)
        return following

    async def _settle_failed(
        self, claim: Claim, digest: Digest, error: DeliveryError
    ) -> Claim | timedelta | None:
        """Settle the failure of *digest*; return the same as `make`."""
        unknown, about = isinstance(error, OutcomeUnknown), jobs_of(digest)
        tried = Tried(
            attempts=claim.attempts + 1,
            time=claim.tried_for,
            unknowns=claim.unknowns + unknown,
            alone=len(digest.notices) == 1,
            others_taken=self._takes_others(claim),
        )
        said = failed_attempt(error, digest.notices[0], tried.attempts)
        decision = self._ways[claim.destination].policy.decide(error, tried, spread=self._spread())
        self._meter.attempt_failed(claim.destination.value, type(error).__name__, decision.name)
        failure = failure_of(error, digest)
        match decision:
            case Retry(after):
                _log.warning("%s; next in %s", said, after, extra=about)
                held_back = self._held_back(claim, error, after)
                await self._outbox.retry(held_back, after, str(error), unknown=unknown, failure=failure)
                return after
            case Park(reason):
                _log.warning("%s; parked until it is heard from, or a probe is taken", said, extra=about)
                await self._outbox.park(claim, reason, unknown=unknown, failure=failure)
                return None
            case GiveUp(reason):
                lost = self._lost(digest, error, self._ways[claim.destination].policy)
                self._meter.dropped(claim.destination.value, len(lost), "dead")
                _log.error("%s; %d dead letters now", said, len(lost), extra=about)
                return await self._outbox.dead(
                    claim, lost[-1].seq, status=error.status, error=reason, failure=failure
                )

    def _suspects(self, claim: Claim) -> bool:
        """Return whether the channel may fail at one of the notices rather than at all messages."""
        return claim.attempts >= _ALONE_AFTER and self._takes_others(claim)

    def _takes_others(self, claim: Claim) -> bool:
        if self._ways[claim.destination].events:  # Each has its lane, and holds up no other.
            return False
        return self._hosts.at(claim.service_url).took_a_notice_within(claim.tried_for)

    def _count_told(self, hold: HeldLane, digest: Digest) -> None:
        now = self._clock()
        ends = [now - notice.created_at for notice in digest.notices if notice.kind.is_of_an_end]
        self._meter.told(hold.claim.destination.value, len(digest.notices), ends, fresh=hold.fresh)

    def _lost(self, digest: Digest, error: DeliveryError, policy: RetryPolicy) -> Sequence[Notice]:
        """Return the notices that are given up together."""
        if isinstance(error, Rejected | Doubtful) and not isinstance(error, BrokenNotice):
            return digest.notices
        # Those that are as old were in the same failed messages.
        first, *others = digest.notices
        oldest = self._clock() - policy.max_age
        return (first, *takewhile(lambda notice: not digest.waited and notice.created_at <= oldest, others))

    def _held_back(self, claim: Claim, error: DeliveryError, after: timedelta) -> Claim:
        """Record a throttling in the pace, so that notices of later completions wait as well."""
        if not isinstance(error, Throttled):
            return claim
        self._conversations.hold(claim.lane, self._clock() + after)
        return self._paced(claim)

    def _paced(self, claim: Claim) -> Claim:
        """Return *claim* with the pace to store."""
        pace = self._conversations.dump(claim.lane)
        return claim if pace == claim.pace else claim._replace(pace=pace)


def _may_be_one_notice(error: DeliveryError | None) -> bool:
    """Return whether fewer notices may be sent although the message was not."""
    if isinstance(error, BrokenNotice):
        return True
    return isinstance(error, Rejected | Doubtful) and error.status in _ABOUT_THE_MESSAGE


def _message_ids(digest: Digest, message_id: str | None) -> dict[JobId, str]:
    """Return the id of the message by the job that keeps it."""
    first = digest.notices[0]
    return {first.job_id: message_id} if message_id and first.kind.keeps_message_id else {}


def _took(error: DeliveryError | None) -> bool | None:
    """Say whether the host took a send in its stride; None if what came of it says nothing about that."""
    if isinstance(error, CircuitOpen):
        return None
    return not isinstance(error, Throttled | Unavailable | OutcomeUnknown)
