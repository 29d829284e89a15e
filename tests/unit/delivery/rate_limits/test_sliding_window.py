import json
from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from delivery.rate_limits.sliding_window import (
    MARGIN,
    PARTS,
    TEAMS_PUBLISHED,
    UNLIMITED,
    Limits,
    Pace,
    Window,
    limits_of,
)

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
TEAMS = limits_of("msteams", {})

# The last one's limit is above PARTS, so it is remembered in parts.
WINDOWS = (Window(2, SECOND), Window(3, 2.5 * SECOND), Window(PARTS + 10, 60 * SECOND))

instants = st.timedeltas(timedelta(), timedelta(seconds=30))
bursts = st.lists(st.tuples(instants, st.integers(1, 40)), min_size=1, max_size=12)  # (pause before, sends)


def fullest(sends: Sequence[datetime], length: timedelta) -> int:
    """The most sends in any half-open stretch of that length; the fullest ends with a send."""
    return max(
        index + 1 - bisect_left(sends, at - length + timedelta.resolution) for index, at in enumerate(sends)
    )


def needed(sends: Sequence[datetime], limits: Limits, now: datetime) -> datetime:
    """The first instant that the windows allow, worked out from every send there ever was."""
    waits = [sends[-window.limit] + window.length for window in limits if len(sends) >= window.limit]
    return max([now, *waits])


def handed_over(pace: Pace, limits: Limits, now: datetime) -> Pace:
    """The pace as another replica, or the next process, reads it from the lane."""
    return Pace.load(limits, json.loads(json.dumps(pace.dump(now))), now)


@given(bursts, st.booleans())
@example([(timedelta(), 38), (timedelta(seconds=3, microseconds=1), 25), (SECOND, 8)], False)
def test_no_window_is_ever_exceeded_and_no_send_waits_longer_than_its_grain(bursts, hand_over):
    pace, now, sends = Pace(WINDOWS), START, []
    grain = max(window.grain for window in WINDOWS) * timedelta(milliseconds=1)
    for pause, count in bursts:
        now += pause
        for _ in range(count):
            at = pace.earliest(now)
            assert needed(sends, WINDOWS, now) <= at <= needed(sends, WINDOWS, now) + grain
            pace.record(at)
            sends.append(at)
            now = at
        if hand_over:
            pace = handed_over(pace, WINDOWS, now)
    for window in WINDOWS:
        assert fullest(sends, window.length) <= window.limit


@given(st.lists(st.tuples(instants, st.timedeltas(timedelta(), 5 * SECOND), st.floats(0, 1)), max_size=120))
def test_recorded_at_the_answer_windows_hold_when_the_channel_counts_however_slow_it_is(sends):
    pace, now, arrivals = Pace(WINDOWS), START, [START - timedelta(days=1)]
    for pause, latency, fraction in sends:
        began = pace.earliest(now + pause / 20)
        arrivals.append(began + fraction * latency)
        now = began + latency
        pace.record(now)
    for window in WINDOWS:
        assert fullest(arrivals, window.length) <= window.limit


@given(bursts)
def test_what_is_remembered_stays_small_and_is_forgotten_when_idle(bursts):
    pace, now = Pace(WINDOWS), START
    for pause, count in bursts:
        now += pause
        for _ in range(count):
            now = pace.earliest(now)
            pace.record(now)
        dumped = pace.dump(now)
        assert dumped is not None
        assert all(len(runs) // 2 <= PARTS + 2 for runs in dumped["logs"].values())
    later = now + timedelta(seconds=62)
    assert pace.idle(later)
    assert pace.dump(later) is None
    assert pace.earliest(later) == later


@pytest.mark.parametrize("pause", [timedelta(milliseconds=1), timedelta(minutes=1)])
def test_neither_a_flood_of_replies_nor_a_steady_trickle_makes_it_grow(pause):
    """What the bot says in turns is recorded but never waits: windows alone would not bound the log."""
    pace, now = Pace(TEAMS), START
    for _ in range(2000):
        now += pause
        pace.record(now)
    assert len(json.dumps(pace.dump(now))) < 1500


def test_three_hours_of_teams_at_full_speed():
    pace, now, sends = Pace(TEAMS), START, []
    while now < START + timedelta(hours=3):
        now = pace.earliest(now)
        pace.record(now)
        sends.append(now)
        if len(sends) % 50 == 0:
            pace = handed_over(pace, TEAMS, now)
    for window in TEAMS_PUBLISHED:
        assert fullest(sends, window.length) <= window.limit
    # So beside the places kept free the grain and the margin cost next to nothing.
    assert len(sends) >= 3 * (1800 - 1800 // 12) - 1800 // PARTS - 60
    assert len(json.dumps(pace.dump(now))) < 1500


def test_a_burst_of_200_in_teams():
    pace, now = Pace(TEAMS), START
    for _ in range(200):
        now = pace.earliest(now)
        pace.record(now)
    assert now - START < timedelta(seconds=3 * 30.5 + 14)  # 55 in each half minute.


def test_nothing_is_sent_before_a_retry_after_is_over():
    pace = Pace(UNLIMITED)
    until = START + timedelta(minutes=2)
    pace.hold(until)
    pace.hold(START + SECOND)  # A shorter one does not shorten it.
    assert handed_over(pace, UNLIMITED, START).earliest(START) == until
    assert handed_over(pace, UNLIMITED, until).earliest(until) == until
    assert pace.dump(until) is None


def test_an_unlimited_channel_never_waits_and_remembers_nothing():
    pace = Pace(limits_of("webchat", {}))
    for _ in range(1000):
        pace.record(START)
    assert pace.earliest(START) == START
    assert pace.dump(START) is None


def test_a_slower_clock_after_a_hand_over_does_not_open_the_windows():
    limits = (Window(2, SECOND),)
    pace = Pace(limits)
    pace.record(START)
    behind = START - timedelta(seconds=5)
    for _ in range(2):
        pace.record(behind)
    assert pace.earliest(behind) == START + SECOND


@pytest.mark.parametrize("value", [None, [], "x", {"until": None, "logs": {}}, {"logs": {}}, {"other": 1}])
def test_a_value_that_is_no_pace_counts_as_no_sends(value):
    assert Pace.load(TEAMS, value, START).earliest(START) == START


def test_other_limits_after_a_restart_start_afresh_but_keep_the_hold():
    pace = Pace((Window(PARTS + 1, 60 * SECOND),))
    pace.record(START)
    pace.hold(START + SECOND)
    loaded = Pace.load((Window(PARTS + 1, 90 * SECOND),), pace.dump(START), START)
    assert loaded.earliest(START) == START + SECOND


def test_settings_go_before_what_is_known_of_a_channel():
    slow = (Window(1, SECOND),)
    assert limits_of("msteams", {"msteams": slow}) == slow
    assert limits_of("slack", {"slack": slow}) == slow
    assert limits_of("slack", {}) == UNLIMITED
    assert [window.length - MARGIN for window in TEAMS] == [window.length for window in TEAMS_PUBLISHED]
    assert [window.limit for window in TEAMS] == [5, 6, 55, 1650]


@pytest.mark.parametrize(("limit", "length"), [(0, SECOND), (1, timedelta()), (1, -SECOND)])
def test_a_window_that_allows_nothing_or_forbids_nothing_is_refused(limit, length):
    with pytest.raises(ValueError, match="A window needs"):
        Window(limit, length)


@pytest.mark.parametrize("ahead", [timedelta(minutes=20), timedelta(days=730)])
def test_a_replica_whose_clock_is_ahead_silences_a_conversation_no_longer_than_its_limits_say(ahead):
    theirs = Pace(TEAMS)
    for _ in range(7):
        theirs.record(START + ahead)
    theirs.hold(START + ahead + 10 * SECOND)
    loaded = Pace.load(TEAMS, json.loads(json.dumps(theirs.dump(START + ahead))), START)
    assert START + 10 * SECOND <= loaded.earliest(START) <= START + 11 * SECOND
