from delivery.backlog import Backlog
from tests.fakes.fake_clock import FakeClock


def backlog(clock: FakeClock, **limits: float) -> Backlog:
    return Backlog(**{"lanes": 10, "rate": 5.0, **limits}, time=lambda: clock().timestamp())


def take(backlog: Backlog, count: int) -> None:
    for _ in range(count):
        backlog.take()


def test_no_more_lanes_are_held_at_once_than_there_is_room_for():
    clock = FakeClock()
    full = backlog(clock)
    take(full, full.room)
    clock.advance(hours=1)
    assert full.room == 0
    full.give_back()
    assert full.room == 1


def test_lanes_that_come_and_go_at_once_are_taken_at_the_rate_and_no_faster():
    clock = FakeClock()
    busy, taken = backlog(clock), 0
    for _ in range(100):
        while busy.room:
            busy.take()
            busy.give_back()
            taken += 1
        clock.advance(milliseconds=100)
    assert 10 + 9.5 * 5 <= taken <= 10 + 10 * 5


def test_a_quiet_time_is_not_made_up_for_by_a_burst():
    clock = FakeClock()
    quiet = backlog(clock)
    clock.advance(hours=1)
    assert quiet.room == 10
