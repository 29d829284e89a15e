"""The circuit breaker: each state by example, and laws over any history."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from delivery.hosts.circuit_breaker import LONGEST, SHORTEST, THRESHOLD, CircuitBreaker


def fail(breaker: CircuitBreaker, times: int, now: float = 0.0) -> None:
    begun = [breaker.begin(now) for _ in range(times)]
    for each in begun:
        breaker.failed(each, now)


def opened(now: float = 0.0) -> CircuitBreaker:
    breaker = CircuitBreaker()
    fail(breaker, THRESHOLD, now)
    return breaker


def test_so_many_failures_in_a_row_open_it_and_one_less_does_not():
    breaker = CircuitBreaker()
    fail(breaker, THRESHOLD - 1)
    assert breaker.wait(0) == 0
    fail(breaker, 1)
    assert breaker.wait(0) == SHORTEST
    assert breaker.begin(0) is None


def test_an_answer_in_between_begins_the_row_anew():
    breaker = CircuitBreaker()
    for _ in range(5):
        fail(breaker, THRESHOLD - 1)
        breaker.answered()
    assert breaker.closed


def test_when_the_period_is_over_one_request_goes_and_no_other_until_it_ends():
    breaker = opened()
    assert breaker.begin(SHORTEST) is not None
    assert breaker.begin(SHORTEST) is None
    assert breaker.wait(SHORTEST) > 0
    breaker.answered()
    assert breaker.closed
    assert breaker.begin(SHORTEST) is not None


def test_each_probe_that_fails_doubles_the_period_up_to_the_longest():
    breaker, now, periods = opened(), 0.0, []
    for _ in range(9):
        now += breaker.wait(now)
        fail(breaker, 1, now)
        periods.append(breaker.wait(now))
    assert periods == [2, 4, 8, 16, 32, LONGEST, LONGEST, LONGEST, LONGEST]


def test_after_an_answer_the_next_period_is_the_shortest_again():
    breaker = opened()
    fail(breaker, 1, SHORTEST)
    breaker.answered()
    fail(breaker, THRESHOLD, 100)
    assert breaker.wait(100) == SHORTEST


def test_a_crowd_that_fails_late_neither_extends_the_period_nor_passes_for_the_probe():
    breaker = CircuitBreaker()
    crowd = [breaker.begin(0) for _ in range(500)]
    for begun in crowd[:THRESHOLD]:
        breaker.failed(begun, 15)
    probe = breaker.begin(15 + SHORTEST)
    for begun in crowd[THRESHOLD:]:
        breaker.failed(begun, 15 + SHORTEST)
    assert breaker.begin(15 + SHORTEST) is None  # The probe is still under way.
    breaker.failed(probe, 15 + SHORTEST)
    assert breaker.wait(15 + SHORTEST) == 2 * SHORTEST


class AnyHistory(RuleBasedStateMachine):
    """Requests begin, are answered and fail at any time, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.breaker = CircuitBreaker()
        self.now = 0.0
        self.under_way: list[int] = []
        self.begun_while_open = 0  #: Under way, begun since the circuit opened.
        self.row = 0

    @rule(seconds=st.floats(0, 100))
    def time_passes(self, seconds):
        self.now += seconds

    @rule()
    def a_request_comes(self):
        wait, closed = self.breaker.wait(self.now), self.breaker.closed
        begun = self.breaker.begin(self.now)
        assert (begun is None) == (wait > 0)
        if begun is not None:
            self.under_way.append(begun)
            if not closed:
                self.begun_while_open += 1

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def one_is_answered(self, data):
        self.under_way.pop(data.draw(st.integers(0, len(self.under_way) - 1)))
        self.breaker.answered()
        self.begun_while_open = self.row = 0
        assert self.breaker.closed
        assert self.breaker.wait(self.now) == 0

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def one_fails(self, data):
        before = self.breaker.closed
        begun = self.under_way.pop(data.draw(st.integers(0, len(self.under_way) - 1)))
        waits = self.breaker.wait(self.now)
        self.breaker.failed(begun, self.now)
        if before:
            self.row += 1
            assert self.breaker.closed or self.row >= THRESHOLD
        elif self.breaker.wait(self.now) != waits:
            self.begun_while_open = 0  # It was the probe.
        if not self.breaker.closed:
            self.row = 0

    @invariant()
    def at_most_one_request_goes_while_it_is_open(self):
        assert self.begun_while_open <= 1

    @invariant()
    def no_wait_is_longer_than_the_longest_period(self):
        assert 0 <= self.breaker.wait(self.now) <= LONGEST


TestAnyHistory = AnyHistory.TestCase
