from datetime import timedelta

import pytest

from delivery.rate_limits import conversations as module
from delivery.rate_limits.conversations import ConversationRateLimiter
from delivery.rate_limits.sliding_window import Window
from jobs.lane import lane_key
from tests.fakes.fake_clock import FakeClock

SECOND = timedelta(seconds=1)
LANE = lane_key("msteams", "a")
LIMITS = {"msteams": (Window(3, 10 * SECOND),), "slack": (Window(1, SECOND),)}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def process(clock):
    """Makes the memory of one process."""
    return lambda owner: ConversationRateLimiter(owner=owner, clock=clock, configured=LIMITS)


def say(paces: ConversationRateLimiter, times: int = 1, lane=LANE) -> None:
    for _ in range(times):
        with paces.speaking(lane):
            pass


def wait(paces: ConversationRateLimiter, clock: FakeClock, lane=LANE) -> timedelta:
    return paces.wait(lane)


def test_what_one_process_said_the_next_holder_of_the_lane_counts(process, clock):
    one, other = process("one"), process("other")
    say(one, 2)
    say(other)
    other.adopt(LANE, one.dump(LANE))
    assert wait(other, clock) == 10 * SECOND
    assert wait(one, clock) == timedelta()


def test_a_lane_that_goes_to_and_fro_is_not_slowed_down(clock):
    """If each process counted its own sends again when they come back, a few would look like thousands."""
    limits = {"msteams": (Window(20, 10 * SECOND),)}
    one, other = (
        ConversationRateLimiter(owner=owner, clock=clock, configured=limits) for owner in ("one", "other")
    )
    for _ in range(10):
        say(one)
        other.adopt(LANE, one.dump(LANE))
        say(other)
        one.adopt(LANE, other.dump(LANE))
        clock.advance(milliseconds=1)
    assert wait(one, clock) > timedelta()
    clock.advance(seconds=10)
    assert wait(one, clock) == timedelta()
    say(one, 19)
    assert wait(one, clock) == timedelta()


def test_a_restarted_process_counts_what_it_said_before(process, clock):
    before = process("before")
    say(before, 3)
    after = process("after")
    after.adopt(LANE, before.dump(LANE))
    third = process("third")
    third.adopt(LANE, after.dump(LANE))
    assert wait(third, clock) == 10 * SECOND


def test_what_is_under_way_has_its_place_until_it_is_answered(process, clock):
    """It may reach the channel at any moment until then, however long that takes."""
    paces = process("one")
    with paces.speaking(LANE, 2):
        assert wait(paces, clock) == timedelta()
        say(paces)
        assert wait(paces, clock) == 10 * SECOND
        clock.advance(seconds=15)
        assert wait(paces, clock) == timedelta()
        with paces.speaking(LANE):
            assert wait(paces, clock) > timedelta()
    assert wait(paces, clock) == 10 * SECOND


def test_a_send_that_failed_counts_too(process, clock):
    paces = process("one")
    for _ in range(3):
        with pytest.raises(OSError), paces.speaking(LANE):
            raise OSError
    assert wait(paces, clock) == 10 * SECOND


def test_what_was_forgotten_for_want_of_room_comes_back_with_the_lane(process, clock, monkeypatch):
    monkeypatch.setattr(module, "_KEPT", 1)
    paces = process("one")
    say(paces, 3)
    dumped = paces.dump(LANE)
    say(paces, lane=lane_key("slack", "another"))
    paces.adopt(LANE, dumped)
    assert wait(paces, clock) == 10 * SECOND
    paces.adopt(LANE, dumped)
    assert paces.dump(LANE) == dumped


def test_what_we_said_ourselves_is_counted_once(process, clock):
    paces = process("one")
    paces.adopt(LANE, None)
    for _ in range(2):
        say(paces)
        paces.adopt(LANE, paces.dump(LANE))
    assert wait(paces, clock) == timedelta()


def test_a_hold_goes_along(process, clock):
    one, other = process("one"), process("other")
    one.hold(LANE, clock() + SECOND)
    other.adopt(LANE, one.dump(LANE))
    assert wait(other, clock) == SECOND


def test_an_idle_conversation_and_a_channel_without_limits_leave_nothing_to_store(process, clock):
    paces = process("one")
    say(paces)
    say(paces, 50, lane_key("emulator", "a"))
    clock.advance(seconds=11)
    assert paces.dump(LANE) is None
    assert paces.dump(lane_key("emulator", "a")) is None
    assert wait(paces, clock, lane_key("emulator", "a")) == timedelta()
