"""
The worker: leases lanes, sends their notices in order, and settles the outcome.

Longer than other files: its loops (claim, renew, deliver, stop) share the lanes that it holds.
"""

import asyncio
import logging
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from delivery.attempt import Attempts
from delivery.backlog import Backlog
from delivery.contact_signals import ContactSignals
from delivery.held_lane import HeldLane
from delivery.hosts.service_hosts import ServiceHosts
from delivery.meter import Completed, unmeasured
from delivery.rounds import Rounds
from jobs.lane import Heard, LaneKey, in_logs
from jobs.notice import Claim
from log_context import CONVERSATION
from state.errors import LeaseLost, StoreUnavailable
from state.store.port import Outbox

_log = logging.getLogger(__name__)

#: Between looks for lanes that are due again: many at once share one.
_LEAST_PAUSE = timedelta(milliseconds=50)

#: Between looks while lanes come due: those that wait for their tenant's rate come one after the other.
_WHEN_BUSY = timedelta(milliseconds=100)

#: How long to leave a lane alone that this process holds under an earlier lease.
_HELD_HERE = timedelta(seconds=1)

#: Lanes that are claimed by one statement, and whose delivery begins in one round of the event loop: fresh
#: notices and turns come in between. In bursts of 256, fresh notices waited twice as long (p95).
_CLAIMED_TOGETHER, _BEGUN_TOGETHER = 32, 8

#: Lanes that are claimed by one statement after most of the last ones only had to be put off, which costs
#: little: behind thousands of one tenant's lanes others may be due.
_CLAIMED_WHEN_IN_THE_WAY = 256

#: Between looks while more may be due than there is room for: usually a lane that is done makes some first.
_WHEN_FULL = timedelta(milliseconds=500)


CLAIMING, RENEWING = "look for due notices", "renew leases"  #: The endless tasks, as logs name them.


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerSettings:
    """How the worker keeps time, and how much it takes on."""

    lease: timedelta  #: As the store leases; renewed every third of it.
    poll: timedelta = timedelta(seconds=1)  #: How often to look for retries, and lanes that others lost.
    grace: timedelta = timedelta(seconds=10)  #: For the sends under way when the worker stops.
    backlog_lanes: int = 256  #: Lanes from the outbox held at once, so that a backlog stays in the database.
    held_lanes: int = 2000  #: Lanes held at once; past that, fresh notices wait in the outbox like a backlog.


class DeliveryWorker:
    """
    Delivers notices, in order within a lane, and many lanes concurrently.

    A turn that completes a job hands its claim to `take`; `running` also claims lanes that are due: retries,
    and lanes of crashed processes. Delivery is at least once: after a crash between a send and its settling,
    the next holder of the lane sends again.
    """

    def __init__(
        self,
        outbox: Outbox,
        attempts: Attempts,
        *,
        hosts: ServiceHosts,
        settings: WorkerSettings,
        clock: Callable[[], datetime],
        completed: Completed = unmeasured,
    ) -> None:
        """
        Deliver from *outbox* by *attempts*, as much at a time as *hosts* take.

        *completed* is told of each round of an endless task.
        """
        self._outbox = outbox
        self._attempts = attempts
        self._settings = settings
        self._clock = clock
        self._hearing = ContactSignals(outbox, opened=self.look)
        self._held: dict[str, HeldLane] = {}  # By token.
        self._lanes: Counter[LaneKey] = Counter()  # Those of `_held`.
        # Unlike those of any other worker, wherever it runs; asking the system for each would cost a call.
        self._tokens = map(f"{secrets.token_hex(8)}-{{:x}}".format, count())
        self._backlog = Backlog(hosts, lanes=settings.backlog_lanes, time=time.monotonic)
        self._in_the_way = False  # Whether most of the lanes that were claimed last only had to be put off.
        self._behind = False  # Whether more may be due than was taken.
        self._due = asyncio.Event()
        self._planned: asyncio.TimerHandle | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        self._rounds = Rounds(2 * settings.lease, time=time.monotonic, completed=completed)
        self._claiming = True
        self._grace_ends = 0.0  # On the loop's clock; once it runs.

    def new_token(self) -> str | None:
        """Return a token for a lease, unlike any other; None when too many lanes are held already."""
        return next(self._tokens) if len(self._held) < self._settings.held_lanes else None

    def take(self, claim: Claim) -> None:
        """Deliver the notices of *claim*; returns at once."""
        self._hold(claim, fresh=True)

    def hear(self, heard: Heard) -> None:
        """Record a sign of life from a conversation; returns at once."""
        self._hearing.note(heard)

    def look(self) -> None:
        """Look for due lanes now rather than at the next poll."""
        self._due.set()

    async def idle(self) -> None:
        """Wait until no lane is held."""
        await self._idle.wait()

    def stop_claiming(self) -> None:
        """
        Claim no more due lanes; claims from turns are still delivered.

        The grace time starts.
        """
        if self._claiming:
            self._claiming = False
            self._grace_ends = asyncio.get_running_loop().time() + self._settings.grace.total_seconds()
            self.look()

    def check(self) -> None:
        """Raise `RoundsOverdue` if the worker has not looked for due notices, or renewed, for two leases."""
        self._rounds.check()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """
        Deliver while the body runs.

        Then sends under way may end within the grace time; the remaining lanes are given back to the outbox.
        """
        self._rounds.begin(CLAIMING, RENEWING)
        claiming = asyncio.create_task(self._claim_due_lanes(), name="claim due lanes")
        keepers = [
            asyncio.create_task(self._renew_leases(), name="renew leases"),
            asyncio.create_task(self._hearing.run(), name="hear"),
        ]
        try:
            yield
        finally:
            self.stop_claiming()
            await claiming  # Rather than cancel it: what it has just claimed must not lie about leased.
            with suppress(TimeoutError):
                async with asyncio.timeout_at(self._grace_ends):
                    await self.idle()
            delivering = list(self._held.values())
            for hold in delivering:
                hold.interrupt()
            for keeper in keepers:
                keeper.cancel()
            if self._planned is not None:
                self._planned.cancel()
            await asyncio.gather(*keepers, *(hold.task for hold in delivering), return_exceptions=True)
            await self._hearing.look()

    def _hold(self, claim: Claim, *, fresh: bool) -> HeldLane:
        hold = self._held[claim.token] = HeldLane(claim, self._deliver, fresh=fresh)
        self._lanes[claim.lane] += 1
        self._idle.clear()
        return hold

    def _look_after(self, pause: timedelta) -> None:
        """Look again after *pause*, unless a look is planned before: what comes then, the next poll finds."""
        if pause >= self._settings.poll:
            return
        loop = asyncio.get_running_loop()
        at = loop.time() + max(pause, _LEAST_PAUSE).total_seconds()
        if self._planned is not None and loop.time() < self._planned.when() <= at:
            return
        if self._planned is not None:
            self._planned.cancel()
        self._planned = loop.call_at(at, self.look)

    async def _claim_due_lanes(self) -> None:
        while self._claiming:
            self._due.clear()
            pause = self._settings.poll
            with self._rounds.round(CLAIMING):
                pause = min(pause, await self._take_due_lanes())
            with suppress(TimeoutError):
                await asyncio.wait_for(self._due.wait(), pause.total_seconds())

    async def _take_due_lanes(self) -> timedelta:
        """Take what the backlog has room for; return how long to wait for more."""
        together = _CLAIMED_WHEN_IN_THE_WAY if self._in_the_way else _CLAIMED_TOGETHER
        room = min(self._backlog.room, together)
        claims = await self._outbox.claim(room) if room > 0 else []
        self._backlog.take(claims)
        self._behind = len(claims) >= room
        put_off = [(claim, wait) for claim in claims if (wait := self._attempts.put_off(claim))]
        self._in_the_way = len(put_off) > len(claims) // 2
        await self._put_all_off(put_off)
        waiting = {claim.token for claim, _ in put_off}
        held = [claim for claim in claims if claim.token not in waiting]
        for begun, claim in enumerate(held, 1):
            if claim.lane in self._lanes:
                await self._leave_to_holder(claim)
            else:
                self._hold(claim, fresh=False).task.add_done_callback(self._lane_is_done)
            if begun % _BEGUN_TOGETHER == 0:
                await asyncio.sleep(0)
        if self._behind:
            return timedelta() if self._backlog.worth_a_look else _WHEN_FULL
        return _WHEN_BUSY if claims else self._settings.poll

    async def _put_all_off(self, lanes: Sequence[tuple[Claim, timedelta]]) -> None:
        """Give back lanes that have to wait, without a task for each: there may be thousands of them."""
        for _ in lanes:
            self._backlog.give_back()
        giving = (self._outbox.release(claim, wait) for claim, wait in lanes)
        for failure in await asyncio.gather(*giving, return_exceptions=True):
            if isinstance(failure, BaseException) and not isinstance(failure, LeaseLost | StoreUnavailable):
                raise failure  # Those are due again when their leases end.

    async def _leave_to_holder(self, claim: Claim) -> None:
        """
        Give back a lane that this process holds already, under a lease that ended.

        Its holder may be sending at this moment. It cannot settle that any more, but `Attempts` knows it when
        the lane is claimed again.
        """
        self._backlog.give_back()
        with suppress(LeaseLost):
            await self._outbox.release(claim, _HELD_HERE)

    def _lane_is_done(self, _task: "asyncio.Task[None]") -> None:
        self._backlog.give_back()
        if self._behind and self._backlog.worth_a_look:
            self.look()

    async def _renew_leases(self) -> None:
        while True:
            await asyncio.sleep(self._settings.lease.total_seconds() / 3)
            held = list(self._held.values())
            until = self._clock() + self._settings.lease
            with self._rounds.round(RENEWING):
                ours = await self._outbox.renew([each.claim for each in held])
                for each in held:
                    each.leased_until = until if each.claim.token in ours else self._clock()

    async def _deliver(self, hold: HeldLane) -> None:
        """Deliver the notices of one lane until it is empty, must wait, or its lease is lost."""
        lane, token = hold.claim.lane, hold.claim.token
        CONVERSATION.set(lane)  # Of this task alone.
        try:
            while isinstance(following := await self._attempts.make(hold), Claim):
                hold.follow(following)
            if any(
                notice.webhook for notice in hold.claim.notices
            ):  # Its job system is told what came of it.
                self.look()
            if following is not None:
                self._look_after(following)
        except asyncio.CancelledError:
            with suppress(LeaseLost, StoreUnavailable):
                await self._attempts.give_back(hold.claim)
            raise
        except LeaseLost:
            _log.info("Lane %s went to another worker meanwhile", in_logs(lane))
        except StoreUnavailable as error:
            # Not settled, so not lost: the lane is due again when its lease ends.
            _log.warning("Cannot settle what became of notices for %s: %s", in_logs(lane), error)
        except Exception:
            _log.exception("Delivery to %s broke off", in_logs(lane))
        finally:
            del self._held[token]
            self._lanes[lane] -= 1
            if not self._lanes[lane]:
                del self._lanes[lane]
            if not self._held:
                self._idle.set()
