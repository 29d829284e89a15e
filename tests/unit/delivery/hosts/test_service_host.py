"""Places to send notices: how many, for whom, and what becomes of the others."""

import asyncio
from datetime import timedelta

import pytest

from delivery.hosts.adaptive_limit import FLOOR, START
from delivery.hosts.circuit_breaker import SHORTEST, THRESHOLD
from delivery.hosts.lane_stock import LaneStock
from delivery.hosts.service_host import QUEUE, Place, ServiceHost
from delivery.hosts.service_hosts import ServiceHosts

SECOND = timedelta(seconds=1)


@pytest.fixture
def host(hosts) -> ServiceHost:
    return hosts.at("https://one")


async def ask_for(host: ServiceHost, count: int, *, fresh: bool = False) -> list[asyncio.Task]:
    tasks = [asyncio.create_task(host.place(fresh=fresh, spread=0.5)) for _ in range(count)]
    await asyncio.sleep(0)
    return tasks


async def results(tasks: list[asyncio.Task]) -> list[object]:
    await asyncio.sleep(0)
    return [task.result() for task in tasks if task.done()]


def trip(host: ServiceHost) -> None:
    for _ in range(THRESHOLD):
        with host.request():
            pass


async def test_some_send_some_wait_and_the_others_are_left_alone_for_a_time_of_their_own(host):
    asked = await ask_for(host, START + QUEUE + 10)
    got = await results(asked)
    places = [each for each in got if isinstance(each, Place)]
    waits = [each for each in got if not isinstance(each, Place)]
    assert (len(places), len(waits)) == (START, 10)
    assert waits == sorted(set(waits))
    assert waits[0] >= SECOND / 4
    for place in places:
        place.give_back()
    assert len([each for each in await results(asked) if isinstance(each, Place)]) == 2 * START


async def test_a_fresh_notice_waits_although_a_backlog_fills_the_queue_and_goes_first(host):
    backlog = await ask_for(host, START + QUEUE)
    [fresh] = await ask_for(host, 1, fresh=True)
    (await results(backlog))[0].give_back()
    assert isinstance(await fresh, Place)
    assert len(await results(backlog)) == START


async def test_failures_shrink_the_number_and_lanes_come_back_later_the_slower_it_answers(host, seconds):
    for window in (START, START // 2):
        places = [await host.place(fresh=False, spread=0) for _ in range(window)]
        seconds.now += 15
        for place in places:
            with place:
                place.taken = False
    assert len(await results(await ask_for(host, START))) == FLOOR
    got = await results(await ask_for(host, QUEUE + 20))
    waits = [each for each in got if not isinstance(each, Place)]
    assert waits[1] - waits[0] > 3 * SECOND
    assert max(waits) <= 30 * SECOND


async def test_while_a_host_answers_no_lane_is_put_off_for_long(host, seconds):
    """Its rate was guessed when it had hardly begun: that must not leave a backlog's last lanes behind."""
    places = [await host.place(fresh=False, spread=0) for _ in range(START)]
    seconds.now += 1
    for place in places:
        with place:
            place.taken = True
    got = await results(await ask_for(host, START + QUEUE + 500))
    waits = [each for each in got if not isinstance(each, Place)]
    assert len(waits) >= 450
    assert max(waits) <= 5 * SECOND


async def test_when_the_circuit_opens_all_that_wait_are_sent_away(host):
    asked = await ask_for(host, START + QUEUE)
    trip(host)
    got = await results(asked)
    assert len(got) == START + QUEUE
    assert {each for each in got if not isinstance(each, Place)} == {timedelta(seconds=1.5 * SHORTEST)}


async def test_after_the_period_one_lane_probes_and_the_others_wait_for_what_comes_of_it(host, seconds):
    trip(host)
    assert await host.place(fresh=True, spread=0) == timedelta(seconds=SHORTEST)
    seconds.now += SHORTEST
    asked = await ask_for(host, 3)
    [probe] = await results(asked)
    with probe, host.request() as exchange:
        probe.taken, exchange.status = True, 201
    assert len(await results(asked)) == 3


async def test_one_host_leaves_lanes_to_the_others(seconds):
    """All wait for an answer that does not come: a later host still finds room."""
    hosts = ServiceHosts(time=seconds, stock=LaneStock(fresh=100, backlog=100))
    asked = await ask_for(hosts.at("https://hangs"), 200, fresh=True)
    assert len(await results(asked)) - START == 200 - 89
    [place] = await results(await ask_for(hosts.at("https://healthy"), 1, fresh=True))
    assert isinstance(place, Place)


async def test_who_is_cancelled_while_waiting_leaves_nothing_behind(hosts, host):
    asked = await ask_for(host, START + QUEUE)
    for task in asked[START:]:
        task.cancel()
    await asyncio.wait(asked)
    for task in asked[:START]:
        task.result().give_back()
    assert not host.in_use
    assert len(await results(await ask_for(host, START + QUEUE))) == START
