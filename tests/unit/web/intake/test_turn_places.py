"""Turns of hosts that hang wait; turns of others overtake them."""

import asyncio

from web.intake.turn_places import TurnPlaces


async def waiting_for(places: TurnPlaces, host: str) -> asyncio.Task[None]:
    task = asyncio.create_task(places.take(host))
    await asyncio.sleep(0)
    return task


def fill(places: TurnPlaces, host: str) -> int:
    taken = 0
    while places.try_take(host):
        taken += 1
    return taken


async def test_a_host_takes_its_share_and_another_finds_places():
    places = TurnPlaces(256)
    assert fill(places, "hangs") == 205
    assert fill(places, "hangs too") > 10
    assert places.try_take("healthy")


async def test_a_turn_that_waits_for_its_hosts_share_is_overtaken_by_others():
    places = TurnPlaces(20)
    fill(places, "hangs")
    waits = await waiting_for(places, "hangs")
    assert places.try_take("healthy")
    assert not waits.done()
    places.give_back("healthy")
    await asyncio.sleep(0)
    assert not waits.done()
    places.give_back("hangs")
    await waits


async def test_within_a_host_first_come_is_first_served_and_nobody_slips_in():
    places, order = TurnPlaces(1), []

    async def turn(name: str) -> None:
        await places.take("host")
        order.append(name)
        places.give_back("host")

    assert places.try_take("host")
    turns = [asyncio.create_task(turn(name)) for name in "abc"]
    await asyncio.sleep(0)
    places.give_back("host")
    assert not places.try_take("host")
    await asyncio.gather(*turns)
    assert order == ["a", "b", "c"]


async def test_hosts_that_wait_take_turns():
    places, order = TurnPlaces(1), []

    async def turn(host: str) -> None:
        await places.take(host)
        order.append(host)
        places.give_back(host)

    places.try_take("x")
    turns = [asyncio.create_task(turn(host)) for host in "aaabb"]
    await asyncio.sleep(0)
    places.give_back("x")
    await asyncio.gather(*turns)
    assert order == ["a", "b", "a", "b", "a"]


async def test_who_is_cancelled_while_a_place_is_handed_over_leaves_it_to_the_next():
    places = TurnPlaces(1)
    places.try_take("a")
    first, second = await waiting_for(places, "a"), await waiting_for(places, "b")
    places.give_back("a")
    first.cancel()
    await asyncio.wait([first])
    await asyncio.wait_for(second, 5)
    assert places.waiting("a") == places.waiting("b") == 0


async def test_who_is_cancelled_before_a_place_is_handed_over_is_passed_over():
    places = TurnPlaces(1)
    places.try_take("a")
    first, second = await waiting_for(places, "a"), await waiting_for(places, "a")
    first.cancel()
    places.give_back("a")
    await asyncio.wait([first])
    await asyncio.wait_for(second, 5)
    assert places.waiting("a") == 0


async def test_nothing_is_remembered_of_hosts_that_left():
    places = TurnPlaces(4)
    for number in range(100):
        assert places.try_take(str(number))
        places.give_back(str(number))
    assert fill(places, "one") == 4
