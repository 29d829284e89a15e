"""The worker is stopped in the middle of its work."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from delivery.attempt import Attempts
from delivery.hosts.service_hosts import ServiceHosts
from delivery.ports import Way
from delivery.rate_limits.conversations import ConversationRateLimiter
from delivery.rate_limits.tenants import TenantRateLimiter
from delivery.retry import RetryPolicy
from delivery.worker import DeliveryWorker, WorkerSettings
from jobs.job import NoticeStatus
from jobs.notice import DestinationKind
from state.errors import LeaseLost, StoreUnavailable
from state.store.sqlite.opening import open_sqlite
from state.store.sqlite.store import SqliteStore
from tests.contract.asking import notice, owe
from tests.fakes.fake_clock import FakeClock

LEASE = timedelta(seconds=30)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def store(clock) -> AsyncIterator[SqliteStore]:
    async with open_sqlite(None, lease=LEASE, clock=clock) as store:
        yield store


class SlowToClaim:
    """A store whose claims return, or fail, when the test triggers it."""

    def __init__(self, store: SqliteStore, *, fails: bool) -> None:
        self.claiming = asyncio.Event()
        self.answer = asyncio.Event()
        self._store = store
        self._fails = fails

    def __getattr__(self, name):
        return getattr(self._store, name)

    async def claim(self, limit: int):
        self.claiming.set()
        await self.answer.wait()
        if self._fails:
            raise StoreUnavailable("database is locked")
        return await self._store.claim(limit)


class SilentChannel:
    """Never says whether it took a message."""

    async def send(self, digest, *, service_url) -> None:
        await asyncio.Event().wait()

    def size(self, digest) -> int:
        return 0


class GoodChannel(SilentChannel):
    """Takes every message."""

    async def send(self, digest, *, service_url) -> None:
        pass


def make_worker(outbox, clock: FakeClock, channel: SilentChannel | None = None) -> DeliveryWorker:
    second = timedelta(seconds=1)
    hosts = ServiceHosts(time=time.monotonic)
    attempts = Attempts(
        outbox,
        {
            DestinationKind.CONVERSATION: Way(
                sender=channel or SilentChannel(),
                policy=RetryPolicy(base=second, cap=second, max_attempts=3, max_age=LEASE),
            )
        },
        hosts=hosts,
        conversations=ConversationRateLimiter(owner="this process", clock=clock),
        tenants=TenantRateLimiter(clock=clock),
        send_timeout=LEASE,
        clock=clock,
        spread=lambda: 0.0,
        wall_clock=clock,
    )
    settings = WorkerSettings(lease=LEASE, grace=timedelta(milliseconds=20))
    return DeliveryWorker(outbox, attempts, hosts=hosts, settings=settings, clock=clock)


async def stop_while_claiming(outbox: SlowToClaim, clock: FakeClock) -> None:
    async def run() -> None:
        async with make_worker(outbox, clock).running():
            await outbox.claiming.wait()

    stopping = asyncio.create_task(run())
    await asyncio.wait_for(outbox.claiming.wait(), 5)
    await asyncio.sleep(0)  # The body has ended; the claim is still on its way.
    outbox.answer.set()
    await asyncio.wait_for(stopping, 5)


async def test_lanes_claimed_while_stopping_are_given_back(store, clock):
    """A rolling restart would otherwise delay them by a lease."""
    await owe(store)
    await stop_while_claiming(SlowToClaim(store, fails=False), clock)
    (claim,) = await store.claim(10)
    assert claim.attempts == 0


async def test_a_database_that_fails_meanwhile_keeps_nobody_from_stopping(store, clock):
    (job_id,) = await owe(store)
    await stop_while_claiming(SlowToClaim(store, fails=True), clock)
    assert (await notice(store, job_id)).status is NoticeStatus.QUEUED
    (claim,) = await store.claim(10)
    assert claim.attempts == 0


class SlowToSettle(SlowToClaim):
    """A store that settles sent notices when the test triggers it."""

    async def claim(self, limit: int):
        return await self._store.claim(limit)

    async def sent(self, claim, through: int, message_ids=None):
        self.claiming.set()
        await self.answer.wait()
        if self._fails:
            raise LeaseLost(claim.lane)
        return await self._store.sent(claim, through, message_ids)


async def stop_while_settling(outbox: SlowToSettle, clock: FakeClock) -> None:
    async def run() -> None:
        async with make_worker(outbox, clock, GoodChannel()).running():
            await outbox.claiming.wait()

    stopping = asyncio.create_task(run())
    await asyncio.wait_for(outbox.claiming.wait(), 5)
    done, _ = await asyncio.wait([stopping], timeout=0.1)
    assert not done, "the grace time is over, but what was sent is not written down"
    outbox.answer.set()
    await asyncio.wait_for(stopping, 5)


async def test_what_was_sent_is_written_down_before_the_worker_stops(store, clock):
    """The next holder of the lane would send it again."""
    (job_id,) = await owe(store)
    await stop_while_settling(SlowToSettle(store, fails=False), clock)
    assert (await notice(store, job_id)).status is NoticeStatus.SENT


async def test_what_follows_in_the_lane_is_given_back(store, clock):
    _, second = await owe(store, 2)
    outbox = SlowToSettle(store, fails=False)
    outbox.claim = lambda limit: one_notice_at_a_time(store, limit)
    await stop_while_settling(outbox, clock)
    (claim,) = await store.claim(10)
    assert [each.job_id for each in claim.notices] == [second]
    assert claim.attempts == 0


async def one_notice_at_a_time(store, limit: int):
    return [claim._replace(notices=claim.notices[:1]) for claim in await store.claim(limit)]


async def test_a_settling_that_fails_keeps_nobody_from_stopping(store, clock):
    (job_id,) = await owe(store)
    await stop_while_settling(SlowToSettle(store, fails=True), clock)
    assert (await notice(store, job_id)).status is NoticeStatus.QUEUED  # The new holder of the lane decides.
