from collections import defaultdict
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from delivery.rate_limits.sliding_window import Window
from delivery.rate_limits.tenants import TEAMS_PER_TENANT, TenantRateLimiter
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
