"""Places to send to one host: who gets the next, and that none is lost."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.hosts.send_queue import SendQueue


async def waiting(queue: SendQueue, *, fresh: bool) -> asyncio.Task[bool]:
    task = asyncio.create_task(queue.take(fresh=fresh))
    await asyncio.sleep(0)
    return task


async def test_fresh_notices_go_before_a_backlog_each_in_their_order():
    queue = SendQueue(lambda: 1)
    assert await queue.take(fresh=False)
    tasks = {name: await waiting(queue, fresh=name.startswith("f")) for name in ("b1", "f1", "b2", "f2")}
    order = []
    for _ in tasks:
        queue.give_back()
        await asyncio.sleep(0)
        order += [name for name, task in tasks.items() if task.done() and name not in order]
    assert order == ["f1", "f2", "b1", "b2"]


async def test_when_there_are_more_places_they_are_handed_out_at_once():
    places = 1
    queue = SendQueue(lambda: places)
    await queue.take(fresh=True)
    tasks = [await waiting(queue, fresh=False) for _ in range(5)]
    places = 4
    queue.give_back()
    await asyncio.sleep(0)
    assert [task.done() for task in tasks] == [True] * 4 + [False]
    queue.send_away()
    assert await tasks[-1] is False


@pytest.mark.parametrize("cancelled_first", [True, False])
async def test_who_is_cancelled_leaves_the_place_to_the_next(cancelled_first):
    queue = SendQueue(lambda: 1)
    await queue.take(fresh=True)
    first, second = [await waiting(queue, fresh=True) for _ in range(2)]
    steps = [first.cancel, queue.give_back] if cancelled_first else [queue.give_back, first.cancel]
    for step in steps:
        step()
    await asyncio.wait([first])
    assert await asyncio.wait_for(second, 5)
    assert (queue.sending, queue.waiting) == (1, 0)


@given(
    st.lists(st.sampled_from(["fresh", "backlog", "leave", "cancel", "away", "more", "less"]), max_size=60)
)
def test_no_place_is_lost_and_none_is_had_twice(steps):
    async def run() -> None:
        places = 3
        queue, tasks = SendQueue(lambda: places), []
        for step in steps:
            match step:
                case "fresh" | "backlog":
                    tasks.append(await waiting(queue, fresh=step == "fresh"))
                case "leave":
                    if queue.sending:
                        queue.give_back()
                case "cancel":
                    undone = [task for task in tasks if not task.done()]
                    if undone:
                        undone[0].cancel()
                        await asyncio.wait(undone[:1])
                case "away":
                    queue.send_away()
                case "more":
                    places += 1
                    queue.hand_out()
                case "less":
                    places = max(1, places - 1)
            await asyncio.sleep(0)
            assert queue.waiting == len([task for task in tasks if not task.done()])
            assert queue.sending >= places or not queue.waiting
        queue.send_away()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(run())
