"""The work for a request before its caller is authenticated."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.test_utils import TestClient
from botbuilder.schema import Activity, Entity

from identity.errors import Unauthorized
from tests.fakes.bot_server import BotServer
from tests.unit.web.intake.test_activity_document import message
from web.intake.admission import Admission
from web.routes import messages


class Stranger:
    """Stands in for the adapter: refuses all callers, and records its arguments."""

    def __init__(self) -> None:
        self.asked = None
        self.objects = 0

    async def authenticate(self, authorization_headers, **activity):
        self.asked = (list(authorization_headers), activity)
        self.objects = self.sdk_objects()
        raise Unauthorized("a test")

    @staticmethod
    def sdk_objects() -> int:
        return sum(type(each) in (Activity, Entity) for each in gc.get_objects())


@asynccontextmanager
async def asking(adapter: Stranger, **admission: int) -> AsyncIterator:
    """``async with asking(adapter) as post``: ``await post(**fields)`` returns the status of a message."""
    app = web.Application()
    app.add_routes(messages.routes)
    usual = {"running": 1, "waiting": 1, "per_conversation": 1}
    app[messages.PARTS] = messages.MessageParts(
        adapter=adapter, bot=None, admission=Admission(**{**usual, **admission}), this_machine_only=False
    )
    async with TestClient(BotServer(app)) as client:

        async def post(**fields) -> int:
            headers = {"Authorization": "Bearer x"}
            answer = await client.post(messages.PATH, json=message(**fields), headers=headers)
            return answer.status

        yield post


async def test_an_sdk_object_is_made_only_for_a_caller_who_is_let_in():
    before, adapter = Stranger().sdk_objects(), Stranger()
    async with asking(adapter) as post:
        assert await post(entities=[{"type": "x"}] * 100) == 401
    said = {"channel_id": "test", "service_url": "http://localhost:9002"}
    assert adapter.asked == (["Bearer x"], {**said, "activity_type": "message", "name": None})
    assert adapter.objects == before


async def test_the_objects_of_a_body_take_room_before_they_are_made():
    adapter = Stranger()
    async with asking(adapter, max_bytes=40_000) as post:
        assert await post(value=["x" * 1000] * 4) == 401
        adapter.asked = None
        assert await post(value=[{}] * 100) == 503
    assert adapter.asked is None


async def test_a_body_is_not_read_of_a_request_that_may_not_come_here(bot):
    """It never comes: a check after it would answer 400, ten seconds later."""
    reader, writer = await asyncio.open_connection(bot.host, bot.port)
    writer.write(
        b"POST /api/messages HTTP/1.1\r\nHost: evil.example\r\nContent-Type: application/json\r\n"
        b"Content-Length: 100\r\n\r\n{"
    )
    assert await asyncio.wait_for(reader.readline(), 5) == b"HTTP/1.1 403 Forbidden\r\n"
    answer = await asyncio.wait_for(reader.read(), 8)  # Less than aiohttp would go on reading.
    assert b"Connection: close\r\n" in answer
    writer.close()
    await writer.wait_closed()


async def test_a_body_of_too_many_values_is_a_problem_and_the_next_request_is_served(bot, chat):
    body = b'{"textHighlights":[' + b",".join([b"{}"] * 80_000) + b"]}"
    answer = await bot.post(messages.PATH, data=body, headers={"Content-Type": "application/json"})
    assert answer.status == 400
    assert "10,000 values" in (await answer.json())["detail"]
    assert await chat("a").say("show") == "The job log is empty."
