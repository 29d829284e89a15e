from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.errors import Blocked, OutcomeUnknown, Rejected, Throttled, Unavailable
from delivery.retry import GiveUp, Park, Retry, RetryPolicy, backoff

POLICY = RetryPolicy(
    base=timedelta(seconds=1), cap=timedelta(minutes=5), max_attempts=10, max_age=timedelta(days=1)
)
SECOND = timedelta(seconds=1)

attempts = st.integers(1, 10_000)
spreads = st.floats(0, 1, exclude_max=True)
waits = st.timedeltas(timedelta(), timedelta(hours=1))
bases = st.timedeltas(timedelta(microseconds=1), timedelta(hours=1))


@given(attempts, spreads, bases, st.timedeltas(timedelta(), timedelta(days=365)))
def test_backoff_never_exceeds_the_cap(attempt, spread, base, cap):
    assert timedelta() <= backoff(attempt, base=base, cap=cap, spread=spread) <= cap


@given(st.integers(1, 40))
def test_backoff_doubles_until_the_cap(attempt):
    first, second = (backoff(n, base=SECOND, cap=256 * SECOND, spread=0.5) for n in (attempt, attempt + 1))
    assert second == (2 * first if attempt <= 8 else first)


def test_full_jitter_scales_the_whole_wait():
    assert backoff(4, base=SECOND, cap=60 * SECOND, spread=0.5) == 4 * SECOND


@pytest.mark.parametrize("error", [Unavailable(), OutcomeUnknown(), Throttled()])
def test_what_may_work_later_is_tried_again(error):
    assert POLICY.decide(error, attempts=2, age=SECOND, spread=0.5) == Retry(SECOND)


@pytest.mark.parametrize("error", [Unavailable("down", status=503), OutcomeUnknown("timeout")])
def test_attempts_are_bounded(error):
    assert isinstance(POLICY.decide(error, attempts=9, age=SECOND, spread=0.5), Retry)
    decision = POLICY.decide(error, attempts=10, age=SECOND, spread=0.5)
    assert isinstance(decision, GiveUp)
    assert decision.reason == f"failed 10 times; {error}"


@given(attempts)
def test_throttling_alone_never_uses_up_the_attempts(attempts):
    """It says that we are too fast, not that the message is bad."""
    assert isinstance(POLICY.decide(Throttled(), attempts=attempts, age=SECOND, spread=0.5), Retry)


@given(st.sampled_from([Unavailable(), OutcomeUnknown(), Throttled(retry_after=SECOND)]), attempts)
def test_age_bounds_every_retry(error, attempts):
    assert isinstance(POLICY.decide(error, attempts=attempts, age=timedelta(days=1), spread=0.0), GiveUp)


@given(attempts, spreads, waits, st.sampled_from([Throttled, Unavailable]))
def test_retry_after_is_a_lower_bound_and_costs_no_more_than_needed(attempt, spread, asked, kind):
    policy = RetryPolicy(
        base=SECOND, cap=timedelta(minutes=5), max_attempts=10_001, max_age=timedelta(days=1)
    )
    decision = policy.decide(kind(retry_after=asked), attempts=attempt, age=SECOND, spread=spread)
    assert isinstance(decision, Retry)
    assert asked <= decision.after <= max(policy.cap, asked + policy.base)


def test_lanes_that_heard_the_same_retry_after_do_not_return_together():
    error = Throttled(retry_after=60 * SECOND)
    assert [POLICY.decide(error, attempts=1, age=SECOND, spread=spread) for spread in (0.0, 0.5)] == [
        Retry(60 * SECOND),
        Retry(60.5 * SECOND),
    ]


def test_a_blocked_conversation_is_parked_however_old_its_notice():
    error = Blocked("User blocked the bot.", status=403, code="ConversationBlockedByUser")
    assert POLICY.decide(error, attempts=99, age=timedelta(days=9), spread=0.0) == Park(str(error))


def test_a_rejected_notice_is_given_up_at_once():
    error = Rejected(status=404, code="ConversationNotFound")
    assert POLICY.decide(error, attempts=1, age=SECOND, spread=0.0) == GiveUp(str(error))


@pytest.mark.parametrize(
    "changes",
    [
        {"base": timedelta()},
        {"base": timedelta(hours=2), "cap": timedelta(hours=3)},
        {"cap": timedelta(milliseconds=1)},
        {"max_attempts": 0},
        {"max_age": timedelta()},
    ],
)
def test_a_policy_that_cannot_work_is_refused(changes):
    good = {"base": SECOND, "cap": 60 * SECOND, "max_attempts": 3, "max_age": timedelta(days=1)}
    RetryPolicy(**good)
    with pytest.raises(ValueError, match="must be above zero"):
        RetryPolicy(**{**good, **changes})
