from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from delivery.hosts.lane_stock import LaneStock


@dataclass
class Host:
    name: str


@given(st.integers(1, 300), st.lists(st.sampled_from("abc"), max_size=300))
def test_a_host_takes_exactly_what_there_is_room_for(lanes, takers):
    stock = LaneStock(fresh=1, backlog=lanes)
    for name in takers:
        stock.take(Host(name), fresh=False)
    room, taken = stock.room(Host("a")), 0
    while stock.take(Host("a"), fresh=False):
        taken += 1
    assert taken == max(0, room)


def test_what_is_given_back_is_there_again_and_fresh_lanes_are_counted_apart():
    stock, host = LaneStock(fresh=5, backlog=5), Host("a")
    for fresh in (True, False):
        while stock.take(host, fresh=fresh):
            pass
    stock.give_back(host, fresh=False)
    assert not stock.take(host, fresh=True)
    assert stock.take(host, fresh=False)
