"""A replica whose turns fail is not ready; one that had a bad moment is, and so is one that is well again."""

from datetime import timedelta

import pytest

from tests.fakes.seconds import Seconds
from web.intake.turn_health import FAILURES, FIRST_REST, LONGEST_REST, WINDOW, TurnHealth, TurnsFail
from web.intake.turn_meter import FAILED, OK, STORE_UNAVAILABLE


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def health(seconds) -> TurnHealth:
    return TurnHealth(monotonic=seconds)


def turns(health, seconds, outcomes, *, conversations=5, every=1.5):
    for number, outcome in enumerate(outcomes):
        seconds.now += every
        health.note(outcome, f"conversation {number % conversations}")


@pytest.mark.parametrize("outcome", [FAILED, STORE_UNAVAILABLE])
def test_it_is_not_ready_when_turn_after_turn_fails(health, seconds, outcome):
    turns(health, seconds, [outcome] * FAILURES)
    with pytest.raises(TurnsFail):
        health.check()


@pytest.mark.parametrize(
    "outcomes, way",
    [
        ([FAILED] * (FAILURES - 1), {}),
        ([FAILED] * 100, {"conversations": 2}),  # One person's message at which the bot always fails.
        ([STORE_UNAVAILABLE] * 100, {"every": 0.09}),  # A database that was away for a moment.
        ([FAILED, FAILED, OK] * 30, {}),
        (["circuit_open", "not_answered", "no_token", "abandoned"] * 30, {}),  # What channels do to turns.
    ],
)
def test_less_than_that_is_no_verdict(health, seconds, outcomes, way):
    turns(health, seconds, outcomes, **way)
    health.check()


def test_failures_of_long_ago_do_not_count(health, seconds):
    turns(health, seconds, [FAILED] * FAILURES)
    seconds.now += WINDOW.total_seconds()
    health.check()


def rests(health, seconds) -> timedelta:
    """Return how long it is not ready after it failed once more."""
    turns(health, seconds, [FAILED] * FAILURES)
    began = seconds.now
    while True:
        try:
            health.check()
        except TurnsFail:
            seconds.now += 1
        else:
            return timedelta(seconds=seconds.now - began)


def test_it_is_ready_again_after_a_rest_which_is_longer_each_time_that_it_fails_again(health, seconds):
    first, second, *more = (rests(health, seconds) for _ in range(6))
    assert (first, second, more[-1]) == (FIRST_REST, 2 * FIRST_REST, LONGEST_REST)


def test_once_turns_succeed_again_the_rest_is_short_again(health, seconds):
    assert [rests(health, seconds) for _ in range(2)] == [FIRST_REST, 2 * FIRST_REST]
    turns(health, seconds, [OK] * (FAILURES + 1), every=0.1)
    health.check()
    seconds.now += WINDOW.total_seconds()
    assert rests(health, seconds) == FIRST_REST
