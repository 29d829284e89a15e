"""How much is taken on: as much as the hosts take, and never more than fits."""

import pytest

from delivery.backlog import EXPLORED, Backlog
from delivery.hosts.adaptive_limit import START
from delivery.hosts.circuit_breaker import THRESHOLD
from delivery.hosts.service_host import QUEUE
from jobs.lane import LaneKey
from jobs.notice import Claim


@pytest.fixture
def backlog(hosts, seconds) -> Backlog:
    return Backlog(hosts, lanes=256, time=seconds)


def claims(count: int, url: str = "https://busy") -> list[Claim]:
    return [
        Claim(lane=LaneKey(f"c/{number}"), token=str(number), leased_until=None, notices=(), service_url=url)
        for number in range(count)
    ]


async def fill(host) -> None:
    """Let sends be under way in all places of *host*."""
    for _ in range(START):
        await host.place(fresh=False, spread=0)


def test_of_unknown_hosts_as_much_is_taken_as_one_takes(backlog):
    assert backlog.room == EXPLORED == START + QUEUE


async def test_what_the_hosts_in_use_would_take_is_taken_besides(backlog, hosts):
    await fill(hosts.at("https://busy"))
    assert backlog.room == QUEUE + EXPLORED


async def test_no_more_lanes_are_held_than_fit(hosts, seconds):
    backlog = Backlog(hosts, lanes=100, time=seconds)
    for number in range(5):
        await fill(hosts.at(f"https://h{number}"))
    assert backlog.room == 100
    backlog.take(claims(100))
    assert backlog.room == 0
    backlog.give_back()
    assert backlog.room == 1


async def test_lanes_behind_those_of_a_busy_host_are_looked_for_ever_less_often(backlog, hosts, seconds):
    """Each look would take lanes of that host only to give them back, which burns the processor."""
    await fill(hosts.at("https://busy"))
    pauses = []
    for _ in range(6):
        backlog.take(claims(QUEUE + EXPLORED))
        for _ in range(QUEUE + EXPLORED):
            backlog.give_back()
        assert backlog.room == QUEUE
        looked_at = seconds.now
        while backlog.room == QUEUE:
            seconds.now += 0.25
            hosts.at("https://busy")._progress_at = seconds.now
        pauses.append(seconds.now - looked_at)
    assert pauses == [0.5, 1, 2, 4, 8, 8]


async def test_lanes_of_a_host_that_does_not_answer_make_way_at_once(backlog, hosts, seconds):
    """They are put off for seconds, so that what is behind them comes next."""
    await fill(hosts.at("https://busy"))
    seconds.now += 5
    backlog.take(claims(QUEUE + EXPLORED))
    assert backlog.room == QUEUE + EXPLORED


def test_a_host_that_is_left_alone_is_sent_no_lanes(backlog, hosts):
    host = hosts.at("https://busy")
    for _ in range(THRESHOLD):
        with host.request():
            pass
    with hosts.at("https://other").request():
        assert backlog.room == START + QUEUE + EXPLORED
