from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.errors import Blocked, Doubtful, OutcomeUnknown, Rejected, Throttled, Unavailable
from delivery.retry import MOST_UNKNOWN, GiveUp, Park, Retry, RetryPolicy, Tried, backoff

POLICY = RetryPolicy(
    base=timedelta(seconds=1), cap=timedelta(minutes=5), max_attempts=10, max_age=timedelta(days=1)
)
PATIENT = replace(POLICY, max_attempts=100, max_age=timedelta(days=3))
SECOND = timedelta(seconds=1)

attempts = st.integers(1, 10_000)
spreads = st.floats(0, 1, exclude_max=True)
waits = st.timedeltas(timedelta(), timedelta(hours=1))
bases = st.timedeltas(timedelta(microseconds=1), timedelta(hours=1))


def tried(attempts: int, time: timedelta = SECOND, **fields: object) -> Tried:
    return Tried(attempts=attempts, time=time, **fields)


@given(attempts, spreads, bases, st.timedeltas(timedelta(), timedelta(days=365)))
def test_backoff_never_exceeds_the_cap(attempt, spread, base, cap):
    assert timedelta() <= backoff(attempt, base=base, cap=cap, spread=spread) <= cap


@given(st.integers(1, 40))
def test_backoff_doubles_until_the_cap(attempt):
    first, second = (backoff(n, base=SECOND, cap=256 * SECOND, spread=0.5) for n in (attempt, attempt + 1))
    assert second == (2 * first if attempt <= 8 else first)


def test_full_jitter_scales_the_whole_wait():
    assert backoff(4, base=SECOND, cap=60 * SECOND, spread=0.5) == 4 * SECOND


@pytest.mark.parametrize("error", [Unavailable(), OutcomeUnknown(), Throttled(), Doubtful()])
def test_what_may_work_later_is_tried_again(error):
    assert POLICY.decide(error, tried(2), spread=0.5) == Retry(SECOND)


@given(st.integers(1, 10_000), st.timedeltas(timedelta(), timedelta(days=9)))
def test_a_notice_is_given_up_only_when_attempts_and_time_are_used_up(attempts, time):
    """Neither four days of standstill followed by one 503, nor a burst of failures in a second."""
    decisions = [
        POLICY.decide(error, tried(attempts, time), spread=0.5)
        for error in (Unavailable("down", status=503), Throttled(status=429))
    ]
    used_up = attempts >= 10 and time >= timedelta(days=1)
    assert [isinstance(decision, GiveUp) for decision in decisions] == [used_up, used_up]


def test_giving_up_says_how_often_and_for_how_long_it_was_tried():
    error = Unavailable("down", status=503)
    assert POLICY.decide(error, tried(10, timedelta(days=1)), spread=0.5) == GiveUp(
        f"failed 10 times in 1 day, 0:00:00; {error}"
    )


@pytest.mark.parametrize(
    ("attempts", "minutes", "final"), [(1, 0, False), (5, 60, False), (60, 9, False), (6, 10, True)]
)
def test_a_refusal_that_may_pass_is_final_after_several_attempts_over_minutes(attempts, minutes, final):
    decision = POLICY.decide(Doubtful(status=404), tried(attempts, timedelta(minutes=minutes)), spread=0.5)
    assert isinstance(decision, GiveUp) is final


def test_unknown_outcomes_are_few_and_hours_apart_then_parked_then_given_up():
    """Each may have told the person."""
    error = OutcomeUnknown("cut off")
    decisions = [
        POLICY.decide(error, tried(unknowns, timedelta(days=9), unknowns=unknowns), spread=0.5)
        for unknowns in range(1, MOST_UNKNOWN + 1)
    ]
    first, *later = decisions
    assert first == Retry(timedelta(seconds=0.5))
    assert later[:2] == [Retry(timedelta(hours=1)), Retry(timedelta(hours=4))]
    assert later[2:-1] == [
        Park(f"may have arrived {unknowns} times; {error}") for unknowns in range(4, MOST_UNKNOWN)
    ]
    assert later[-1] == GiveUp(f"may have arrived {MOST_UNKNOWN} times; {error}")


BAD = {"attempts": 10, "time": timedelta(minutes=15), "alone": True, "others_taken": True}


def test_a_message_that_always_fails_while_its_host_takes_others_is_set_aside():
    error = Unavailable("oops", status=500)
    assert isinstance(PATIENT.decide(error, Tried(**BAD), spread=0.5), GiveUp)


@pytest.mark.parametrize(
    "changed",
    [
        {"attempts": 9},
        {"time": timedelta(minutes=14)},
        {"alone": False},
        {"others_taken": False},
    ],
)
def test_without_any_of_these_signs_the_message_is_not_blamed(changed):
    error = Unavailable("oops", status=500)
    assert isinstance(PATIENT.decide(error, Tried(**{**BAD, **changed}), spread=0.5), Retry)


def test_a_message_that_found_no_connection_is_not_blamed():
    assert isinstance(PATIENT.decide(Unavailable("no connection"), Tried(**BAD), spread=0.5), Retry)


@given(attempts, spreads, waits, st.sampled_from([Throttled, Unavailable]))
def test_retry_after_is_a_lower_bound_and_costs_no_more_than_needed(attempt, spread, asked, kind):
    policy = RetryPolicy(
        base=SECOND, cap=timedelta(minutes=5), max_attempts=10_001, max_age=timedelta(days=1)
    )
    decision = policy.decide(kind(retry_after=asked), tried(attempt), spread=spread)
    assert isinstance(decision, Retry)
    assert asked <= decision.after <= max(policy.cap, asked + policy.base)


def test_lanes_that_heard_the_same_retry_after_do_not_return_together():
    error = Throttled(retry_after=60 * SECOND)
    assert [POLICY.decide(error, tried(1), spread=spread) for spread in (0.0, 0.5)] == [
        Retry(60 * SECOND),
        Retry(60.5 * SECOND),
    ]


def test_a_blocked_conversation_is_parked_however_old_its_notice():
    error = Blocked("User blocked the bot.", status=403, code="ConversationBlockedByUser")
    assert POLICY.decide(error, tried(99, timedelta(days=9)), spread=0.0) == Park(str(error))


def test_a_rejected_notice_is_given_up_at_once():
    error = Rejected(status=400, code="BadArgument")
    assert POLICY.decide(error, tried(1), spread=0.0) == GiveUp(str(error))


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
