import asyncio
from collections import defaultdict
from datetime import timedelta
from heapq import heappop, heappush

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.rate_limits.sliding_window import Window
from delivery.rate_limits.tenants import TEAMS_PER_TENANT, TenantRateLimiter
from instants import utc_now
from tests.fakes.fake_clock import FakeClock
from tests.unit.delivery.rate_limits.test_sliding_window import fullest

SECOND = timedelta(seconds=1)
PER_TENANT = (Window(3, SECOND),)
OVERALL = (Window(5, SECOND),)


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.timedeltas(timedelta(), SECOND / 5)), max_size=100))
def test_neither_a_tenant_nor_all_together_exceed_their_limit(requests):
    clock = FakeClock()
    limiter = TenantRateLimiter(per_tenant=PER_TENANT, overall=OVERALL, clock=clock)
    admitted = defaultdict(list)
    for tenant, pause in requests:
        clock.now += pause
        if wait := limiter.try_acquire(tenant):
            assert timedelta() < wait <= SECOND + timedelta(milliseconds=2)
        else:
            admitted[tenant].append(clock.now)
            admitted["all"].append(clock.now)
    for name, instants in admitted.items():
        assert fullest(instants, SECOND) <= (5 if name == "all" else 3)


def test_a_tenant_at_its_limit_delays_no_other(clock):
    limiter = TenantRateLimiter(per_tenant=PER_TENANT, clock=clock)
    waits = [limiter.try_acquire("busy") for _ in range(100)]
    assert [bool(wait) for wait in waits] == [False] * 3 + [True] * 97
    assert not limiter.try_acquire("other")


def test_a_request_told_to_wait_may_go_when_it_asks_again_after_the_wait(clock):
    limiter = TenantRateLimiter(per_tenant=PER_TENANT, clock=clock)
    start = clock.now
    for _ in range(50):
        clock.advance(seconds=0.01)
        wait = limiter.try_acquire("t")
    assert clock.now + wait < start + 1.11 * SECOND
    clock.now += wait
    assert not limiter.try_acquire("t")


async def test_what_must_wait_long_comes_again_in_turn_at_the_rate(clock):
    limiter = TenantRateLimiter(per_tenant=PER_TENANT, clock=clock)
    for _ in range(3):
        limiter.try_acquire("busy")
    waits = [await limiter.soon("busy") for _ in range(30)]
    assert waits[0] >= SECOND
    assert waits[0] < waits[1] < waits[-1]
    assert waits[-1] - waits[0] == pytest.approx(29 * SECOND / 3, abs=timedelta(milliseconds=1))
    assert await limiter.soon("other") == timedelta()


async def test_a_backlog_that_comes_as_appointed_passes_as_fast_as_its_tenant_may(clock):
    """A lane that finds the limit used up at its time waits for a moment, not for another turn."""
    limiter = TenantRateLimiter(per_tenant=(Window(20, SECOND),), clock=clock)
    due = [(clock.now, number) for number in range(200)]
    start = clock.now
    while due:
        at, number = heappop(due)
        clock.now = max(clock.now, at)
        if wait := limiter.try_acquire("t"):
            short = wait <= timedelta(milliseconds=250)
            heappush(due, (clock.now + (wait if short else await limiter.soon("t")), number))
    assert 9 * SECOND <= clock.now - start <= 11 * SECOND


async def test_a_short_wait_is_waited_for_by_a_few_of_each_tenant():
    limiter = TenantRateLimiter(per_tenant=(Window(1, SECOND / 10),), clock=utc_now)
    limiter.try_acquire("t")
    waiting = [asyncio.create_task(limiter.soon("t")) for _ in range(10)]
    await asyncio.sleep(0)
    assert [task.done() for task in waiting] == [False] * 8 + [True] * 2
    assert await asyncio.gather(*waiting[:8]) == [timedelta()] * 8
    assert all(task.result() for task in waiting[8:])


def test_appointments_are_forgotten_once_they_are_over(clock):
    limiter = TenantRateLimiter(per_tenant=PER_TENANT, clock=clock)

    async def book(tenant: str) -> None:
        for _ in range(3):
            limiter.try_acquire(tenant)
        await limiter.soon(tenant)

    for number in range(1000):
        asyncio.run(book(str(number)))
        clock.advance(seconds=1)
    assert len(limiter._appointments) <= 3


def test_tenants_are_forgotten_once_they_are_idle(clock):
    limiter = TenantRateLimiter(per_tenant=PER_TENANT, clock=clock)
    for number in range(1000):
        for tenant in (str(number), "steady"):
            limiter.try_acquire(tenant)
        clock.advance(seconds=0.5)
    assert len(limiter) <= 4


def test_teams_publishes_50_requests_in_a_second():
    [window] = TEAMS_PER_TENANT
    assert window.limit == 50
    assert window.length > SECOND
