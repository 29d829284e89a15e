"""Without authentication only this machine is served, however the server was started."""

import asyncio

import pytest
from aiohttp.test_utils import TestClient

from app import build_app
from tests.fakes.bot_server import BotServer
from tests.fakes.fake_connector import FakeConnector


def message(connector: FakeConnector) -> dict:
    return {
        "type": "message",
        "text": "show",
        "channelId": "emulator",
        "serviceUrl": connector.service_url,
        "conversation": {"id": "c"},
        "from": {"id": "u"},
    }


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:3978", "127.0.0.1:1", "[::1]:3978", "127.1.2.3"])
async def test_who_names_this_machine_is_served(bot, connector, host):
    async with bot.post("/api/messages", json=message(connector), headers={"Host": host}) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:3978", "localhost.evil.example", "10.0.0.1", "", "[::2]", "0:0:1"]
)
async def test_a_page_that_points_a_name_of_its_own_here_is_not(bot, connector, host):
    async with bot.post("/api/messages", json=message(connector), headers={"Host": host}) as answer:
        assert answer.status == 403
        assert "ALLOW_ANONYMOUS" in await answer.text()
    assert connector.arrivals == []


async def test_nobody_is_through_a_socket_that_is_no_loopback(config, connector, tmp_path):
    """Such as a Unix socket: behind it stands a proxy, and in front of that may be anybody."""
    runner = BotServer(build_app(config))
    async with runner:
        path = str(tmp_path / "socket")
        server = await asyncio.get_running_loop().create_unix_server(runner.runner.server, path)
        reader, writer = await asyncio.open_unix_connection(path)
        body = b'{"type":"x","channelId":"x","serviceUrl":"http://localhost","conversation":{"id":"x"},"from":{}}'
        writer.write(
            b"POST /api/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
        )
        assert b" 403 " in await asyncio.wait_for(reader.readline(), 10)
        writer.close()
        await writer.wait_closed()
        server.close()


async def test_with_consent_anybody_is(config, connector):
    config = config.model_copy(update={"allow_anonymous": True})
    async with TestClient(BotServer(build_app(config))) as bot:
        headers = {"Host": "bot.example"}
        async with bot.post("/api/messages", json=message(connector), headers=headers) as answer:
            assert answer.status == 200
