"""An open board is kept up to date: by rows that differ, and one look for all boards."""

import asyncio
import json

import pytest

from app import BOT
from web.board import serving


class Events:
    """The events of one open board."""

    def __init__(self, answer):
        self._answer = answer

    async def next(self, kind):
        """Return the next event of *kind*."""
        name = ""
        while True:
            line = (await asyncio.wait_for(self._answer.content.readline(), 10)).decode().strip()
            if line.startswith("event:"):
                name = line.removeprefix("event:").strip()
            elif line.startswith("data:") and name == kind:
                return json.loads(line.removeprefix("data:"))


@pytest.fixture
async def open_board(operator):
    answers = []

    async def open_board(**query):
        headers = {"Cookie": f"{operator.name}={operator.cookie}"}
        answer = await operator.bot.get("/board/live", params=query, headers=headers)
        assert answer.status == 200
        answers.append(answer)
        return Events(answer)

    yield open_board
    for answer in answers:
        answer.close()


async def test_a_new_job_comes_first_and_only_its_row_is_sent(open_board, chat, started):
    old = await started(chat("a"))
    events = await open_board(show="jobs")
    first = await events.next("rows")
    assert first["order"] == [old] and list(first["rows"]) == [old]
    new = await started(chat("b"))
    then = await events.next("rows")
    assert then["order"] == [new, old]
    assert list(then["rows"]) == [new]


async def test_a_job_that_is_followed_is_sent_when_it_changes(open_board, bot, chat, started):
    job, other = await started(chat("a")), await started(chat("b"))
    events = await open_board(show="counts", rows=f"{job},{other},7,x")
    first = await events.next("rows")
    assert first["order"] is None and set(first["rows"]) == {job, other}
    await chat("a").say(f"done {job}")
    then = await events.next("rows")
    assert list(then["rows"]) == [job]
    assert "succeeded" in then["rows"][job]


async def test_counts_are_sent_when_they_change(open_board, chat, started):
    events = await open_board(show="counts")
    assert (await events.next("counts"))["jobs"] == "0"
    await started(chat("a"))
    assert (await events.next("counts"))["jobs"] == "1"


async def test_one_look_serves_all_boards(open_board, bot, operator, monkeypatch):
    feed = bot.app[serving.PARTS].feed
    looks = 0
    look = feed.look

    async def counted():
        nonlocal looks
        looks += 1
        await look()

    monkeypatch.setattr(feed, "look", counted)
    boards = [await open_board(show="jobs") for _ in range(5)]
    await asyncio.gather(*(board.next("counts") for board in boards))
    assert len(feed) == 5
    assert looks <= 2  # One when the first came, and one a second later.


async def test_nothing_is_asked_when_the_last_board_is_closed(open_board, bot, operator):
    feed = bot.app[serving.PARTS].feed
    headers = {"Cookie": f"{operator.name}={operator.cookie}"}
    async with operator.bot.get("/board/live?show=jobs", headers=headers) as answer:
        await Events(answer).next("counts")
        answer.close()
    await asyncio.wait_for(feed._looking, 10)
    assert len(feed) == 0


async def test_boards_are_let_go_when_the_bot_stops(open_board, bot):
    events = await open_board(show="jobs")
    await events.next("counts")
    await bot.app[serving.PARTS].feed.close()
    async with asyncio.timeout(10):
        await events._answer.content.read()
    assert bot.app[BOT] is not None
