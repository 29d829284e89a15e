"""Answers that the channel does not take are owed, tried again, or dropped."""

import asyncio
import gc
import weakref

import pytest
from botbuilder.core import TurnContext
from botbuilder.schema import Activity, ChannelAccount, ConversationAccount, ResourceResponse

from bot import answers
from bot.answers import Answer, Answers
from channel.answer import ConnectorAnswer
from channel.connector import ConnectorError


class Channel:
    """An adapter whose sends come to what the test says, one after the other; then they are taken."""

    def __init__(self, *outcomes: Exception | None) -> None:
        self.outcomes = list(outcomes)
        self.sent: list[str] = []

    async def send_activities(self, context, activities):
        self.sent.append(activities[0].text)
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if outcome is not None:
            raise outcome
        return [ResourceResponse(id="1")]


class Hanging(Channel):
    async def send_activities(self, context, activities):
        self.sent.append(activities[0].text)
        await asyncio.Event().wait()


def refused(status: int, **headers: str) -> ConnectorError:
    return ConnectorError(ConnectorAnswer(status, headers, b"", ""))


def turn(adapter) -> TurnContext:
    activity = Activity(
        type="message",
        channel_id="test",
        conversation=ConversationAccount(id="c"),
        from_property=ChannelAccount(id="u"),
        recipient=ChannelAccount(id="b"),
    )
    return TurnContext(adapter, activity)


@pytest.fixture
async def give():
    async with Answers(spread=lambda: 0.0).open() as giving:
        yield giving.give


async def quiet() -> None:
    """Let what waits no time come to its end."""
    for _ in range(100):
        await asyncio.sleep(0)


async def test_what_is_not_taken_is_owed_after_as_long_as_the_channel_asks(give):
    owed = []

    async def owe(after) -> None:
        owed.append(after.total_seconds())

    for failure in (refused(503), refused(429, **{"retry-after": "7"}), ConnectionResetError()):
        await give(turn(channel := Channel(failure)), Answer("said", owe=owe))
        assert channel.sent == ["said"]
    assert owed == [0.0, 7.0, 0.0]


async def test_what_looks_something_up_is_tried_again_until_it_is_taken(give):
    await give(turn(channel := Channel(refused(503), refused(502))), Answer("said"))
    await quiet()
    assert channel.sent == ["said"] * 3


async def test_it_is_dropped_when_the_channel_asks_to_wait_for_longer_than_it_is_worth(give):
    dropped = asyncio.Event()

    async def drop() -> None:
        dropped.set()

    await give(turn(channel := Channel(refused(429, **{"retry-after": "60"}))), Answer("said", dropped=drop))
    await dropped.wait()
    assert channel.sent == ["said"]


@pytest.mark.parametrize(
    "failure",
    [
        ConnectorError(ConnectorAnswer(403, {}, b'{"error": {"code": "BotDisabledByAdmin"}}', "")),
        TimeoutError(),
    ],
)
async def test_it_is_not_tried_again_where_that_is_of_no_use_or_may_say_it_twice(give, failure):
    await give(turn(channel := Channel(failure)), Answer("said"))
    await quiet()
    assert channel.sent == ["said"]


async def test_a_channel_that_hangs_is_not_waited_for_until_the_request_is_given_up(give, monkeypatch):
    monkeypatch.setattr(answers, "ANSWER_TIMEOUT", 0.01)
    owed = asyncio.Event()

    async def owe(_after) -> None:
        owed.set()

    await give(turn(Hanging()), Answer("said", owe=owe))
    assert owed.is_set()


async def test_a_fault_of_our_own_is_not_the_channels(give):
    with pytest.raises(ZeroDivisionError):
        await give(turn(Channel(ZeroDivisionError())), Answer("said"))


async def test_so_many_answers_are_tried_again_and_no_more(monkeypatch):
    monkeypatch.setattr(answers, "_MOST_PENDING", 1)
    wait = {"retry-after": "5"}
    dropped = []

    async def drop() -> None:
        dropped.append(1)

    async with Answers().open() as giving:
        for expected in (0, 1):
            await giving.give(turn(Channel(refused(429, **wait))), Answer("said", dropped=drop))
            assert len(dropped) == expected


async def test_an_answer_that_is_tried_again_keeps_nothing_of_its_activity(give):
    large = turn(Channel(refused(429, **{"retry-after": "5"})))
    large.activity.value = "x" * 100_000
    kept = weakref.ref(large.activity)
    await give(large, Answer("said"))
    del large
    gc.collect()
    assert kept() is None
