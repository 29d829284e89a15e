"""How many sends at once: against channels that are simulated, and laws over any history."""

from heapq import heappop, heappush

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.hosts.adaptive_limit import CEILING, FLOOR, START, AdaptiveLimit


def drain(limit: AdaptiveLimit, *, servers: int, service: float, network: float, sends: int) -> float:
    """Send as many as the window allows to a channel of so many servers; return how long it took."""
    now, free, under_way = 0.0, [0.0] * servers, []
    sent = 0
    while sent < sends or under_way:
        while sent < sends and len(under_way) < limit.window:
            served = max(now + network, heappop(free)) + service
            heappush(free, served)
            heappush(under_way, (served, now))
            sent += 1
        sending = len(under_way)
        now, began = heappop(under_way)
        limit.answered(began=began, now=now, sending=sending)
    return now


def test_a_distant_channel_that_takes_all_is_sent_as_much_as_is_allowed():
    limit = AdaptiveLimit()
    drain(limit, servers=10_000, service=0.0, network=0.05, sends=5_000)
    assert limit.window == CEILING


@pytest.mark.parametrize(
    ("servers", "service", "network"), [(1, 0.001, 0.0), (8, 0.005, 0.01), (40, 0.05, 0.0)]
)
def test_a_channel_is_used_to_the_full_and_only_a_few_queue_there(servers, service, network):
    limit, sends = AdaptiveLimit(), 20_000
    took = drain(limit, servers=servers, service=service, network=network, sends=sends)
    assert took < 1.15 * sends * service / servers
    full = servers * (network + service) / service
    assert limit.window <= full + 20


def test_answers_while_less_is_sent_than_may_be_change_nothing():
    limit = AdaptiveLimit()
    for number in range(1000):
        limit.answered(began=number, now=number + 0.1, sending=START - 1)
    assert limit.window == START


def test_those_that_fail_together_halve_the_window_once():
    limit = AdaptiveLimit()
    for _ in range(16):
        limit.overloaded(began=0, now=15)
    assert limit.window == START // 2
    limit.overloaded(began=15, now=30)
    assert limit.window == FLOOR


def test_a_channel_that_recovers_is_sent_more_again():
    limit = AdaptiveLimit()
    for number in range(10):
        limit.overloaded(began=number, now=number)
    assert limit.window == FLOOR
    drain(limit, servers=100, service=0.0, network=0.01, sends=2_000)
    assert limit.window > 2 * START


def test_a_route_that_became_longer_is_not_taken_for_a_queue_for_ever():
    limit = AdaptiveLimit()
    drain(limit, servers=1000, service=0.0, network=0.001, sends=500)
    now, window = 100.0, 0
    for _ in range(4000):
        now += 0.01
        window = limit.window
        limit.answered(began=now - 0.2, now=now, sending=window)
    assert window > FLOOR


@given(
    st.lists(
        st.tuples(st.booleans(), st.floats(0, 100), st.floats(0, 100), st.integers(1, CEILING)), max_size=300
    )
)
def test_the_window_stays_within_its_bounds_whatever_comes(history):
    limit, now = AdaptiveLimit(), 0.0
    for taken, pause, delay, sending in history:
        now += pause
        before = limit.window
        if taken:
            limit.answered(began=now - delay, now=now, sending=sending)
            assert abs(limit.window - before) <= 1
        else:
            limit.overloaded(began=now - delay, now=now)
            assert limit.window <= before
        assert FLOOR <= limit.window <= CEILING
