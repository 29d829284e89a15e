"""The log of a failed turn: one line for the channel's errors, a traceback for our own."""

import aiohttp
import pytest
from botbuilder.schema import Activity

from bot.apology import ReplyNotTaken, apologise
from bot.replies import texts
from bot.replies.words import ENGLISH
from channel.answer import ConnectorAnswer
from channel.connector import ConnectorError


class Turn:
    """A turn whose channel takes the apology."""

    activity = Activity(type="message")

    def __init__(self) -> None:
        self.said: list[str] = []

    async def send_activity(self, text: str) -> None:
        self.said.append(text)


async def test_an_answer_that_the_channel_refused_is_one_line(caplog):
    turn = Turn()
    await apologise(turn, ConnectorError(ConnectorAnswer(403, {}, b"", "Forbidden")))
    assert turn.said == [texts.apology(ENGLISH)]
    [record] = caplog.records
    said = "The connector answered 403 Forbidden"
    assert record.getMessage() == f"A turn of type message was not answered: {said}"
    assert record.exc_info is None


@pytest.mark.parametrize(
    "error, said",
    [
        (aiohttp.ServerDisconnectedError(), "Server disconnected"),
        (ConnectionRefusedError(111, "Connection refused"), "[Errno 111] Connection refused"),
        (TimeoutError(), "TimeoutError()"),
    ],
)
async def test_a_channel_that_did_not_answer_gets_no_apology_and_the_request_says_so(caplog, error, said):
    """The apology would wait as long again; the route logs the one line."""
    turn = Turn()
    with pytest.raises(ReplyNotTaken) as raised:
        await apologise(turn, error)
    assert (turn.said, str(raised.value), caplog.records) == ([], said, [])


async def test_a_fault_of_the_bot_itself_is_logged_with_its_trace(caplog):
    turn = Turn()
    await apologise(turn, ZeroDivisionError("a fault"))
    assert turn.said == [texts.apology(ENGLISH)]
    [record] = caplog.records
    assert record.getMessage() == "A turn of type message failed"
    assert str(record.exc_info[1]) == "a fault"
