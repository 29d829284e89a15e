"""Admission when requests exceed the capacity."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta

from jobs.lane import LaneKey
from web.intake.admission import Admission
from web.server.problems import Problem

A, B = LaneKey("a"), LaneKey("b")


def admission(**changes) -> Admission:
    usual = {"running": 1, "waiting": 1, "per_conversation": 2, "max_bytes": 100}
    return Admission(**{**usual, **changes})


async def status_of(entering) -> int:
    """Enter the context *entering*; return 200, or the status of its problem."""
    try:
        async with AsyncExitStack() as stack:
            if hasattr(entering, "__enter__"):
                stack.enter_context(entering)
            else:
                await stack.enter_async_context(entering)
            return 200
    except Problem as problem:
        assert problem.retry_after
        return problem.status


async def test_past_the_limit_of_requests_the_next_is_503_until_one_leaves():
    inside = admission()
    with inside.request(1), inside.request(1):
        assert await status_of(inside.request(1)) == 503
    assert await status_of(inside.request(1)) == 200


async def test_past_the_limit_of_bytes_the_next_is_503_until_one_leaves():
    inside = admission()
    with inside.request(60):
        assert await status_of(inside.request(41)) == 503
        assert await status_of(inside.request(40)) == 200
    assert await status_of(inside.request(100)) == 200


async def test_turns_past_the_limit_wait_for_a_place_in_their_order():
    inside, order = admission(), []

    async def turn(name: str) -> None:
        async with inside.turn(LaneKey(name)):
            order.append(name)

    async with inside.turn(A):
        waiting = [asyncio.create_task(turn(name)) for name in ("b", "c", "d")]
        await asyncio.sleep(0)
        assert order == []
    await asyncio.gather(*waiting)
    assert order == ["b", "c", "d"]


async def test_a_conversation_past_its_share_is_429_and_others_go_on():
    inside = admission(running=10)
    async with AsyncExitStack() as turns:
        for _ in range(2):
            await turns.enter_async_context(inside.turn(A))
        assert await status_of(inside.turn(A)) == 429
        assert await status_of(inside.turn(B)) == 200
    assert await status_of(inside.turn(A)) == 200


async def test_who_waits_for_a_place_in_vain_is_told_to_come_again():
    inside = admission(patience=timedelta(0))
    async with inside.turn(A):
        assert await status_of(inside.turn(B)) == 503
    assert await status_of(inside.turn(B)) == 200


async def test_who_gives_up_waiting_takes_nothing_with_them():
    inside = admission(per_conversation=1)
    async with inside.turn(A):
        waiting = asyncio.create_task(inside.turn(B).__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
    assert await status_of(inside.turn(B)) == 200


async def slow_reader(inside: Admission) -> int:
    try:
        with inside.request(1) as visit:
            await inside.read(visit, asyncio.Event().wait())
    except Problem as problem:
        assert problem.hang_up
        return problem.status
    return 200


async def test_whoever_reads_the_longest_makes_way_for_who_comes():
    inside = admission()
    first, second = (asyncio.create_task(slow_reader(inside)) for _ in range(2))
    await asyncio.sleep(0)
    assert await status_of(inside.request(1)) == 200
    assert await first == 503
    assert not second.done()
    assert await status_of(inside.request(100)) == 200  # Who needs more room has more of them go.
    assert await second == 503
    with inside.request(50), inside.request(50):  # All of it is free again, and no more than that.
        assert await status_of(inside.request(0)) == 503


async def test_who_has_read_the_body_does_not_make_way():
    inside = admission()

    async def body() -> bytes:
        return b"body"

    with inside.request(1) as visit, inside.request(1):
        assert await inside.read(visit, body()) == b"body"
        assert await status_of(inside.request(1)) == 503


async def resized(visit, size: int) -> int:
    try:
        visit.resize(size)
    except Problem as problem:
        return problem.status
    return 200


async def test_what_is_made_of_a_body_counts_as_long_as_its_request_is_inside():
    inside = admission()
    with inside.request(10) as visit:
        assert await resized(visit, 80) == 200
        assert await status_of(inside.request(21)) == 503
        assert await resized(visit, 101) == 503
        assert await resized(visit, 5) == 200  # It may also turn out smaller.
        assert await status_of(inside.request(95)) == 200
    with inside.request(100):
        assert await status_of(inside.request(1)) == 503


async def test_a_slow_reader_makes_way_for_the_objects_of_another_request():
    inside = admission()
    with inside.request(10) as visit:
        reader = asyncio.create_task(slow_reader(inside))
        await asyncio.sleep(0)
        assert await resized(visit, 100) == 200
        assert await reader == 503


async def test_large_bodies_are_parsed_one_in_each_round_of_the_loop():
    inside, order = admission(), []

    async def parse(name: str) -> None:
        async with inside.large_body():
            order.append(name)

    parsing = [asyncio.create_task(parse(name)) for name in "abc"]
    for _ in range(12):
        order.append("-")
        await asyncio.sleep(0)
    assert [len(each) for each in "".join(order).strip("-").replace("-", " ").split()] == [1, 1, 1]
    await asyncio.gather(*parsing)


async def test_who_gives_up_waiting_to_parse_holds_up_no_one():
    inside = admission()
    first, second = (asyncio.create_task(inside.large_body().__aenter__()) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait_for(second, 10)
