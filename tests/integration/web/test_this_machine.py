"""Without authentication only this machine is served, however the server was started."""

import asyncio
import socket

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


CLIENTS = {
    "curl": {"User-Agent": "curl/8.5.0", "Accept": "*/*"},
    "node-fetch, as in the Emulator": {"User-Agent": "botframework-emulator", "Connection": "close"},
    "axios, as in the Playground": {"User-Agent": "axios/1.12.2", "Accept-Encoding": "gzip, compress"},
    "undici": {"User-Agent": "node", "Sec-Fetch-Mode": "cors", "Accept-Language": "*"},
    "Electron's net module": {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "no-cors"},
    "a page of the bot's own": {"Origin": "http://localhost:3978", "Sec-Fetch-Site": "same-origin"},
    "a program that names an origin": {"Origin": "http://127.0.0.1:56150"},
    "a traced job system": {"Traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
}


@pytest.mark.parametrize("headers", CLIENTS.values(), ids=list(CLIENTS))
async def test_programs_of_this_machine_are_served(bot, connector, headers):
    async with bot.post("/api/messages", json=message(connector), headers=headers) as answer:
        assert answer.status == 200


#: What each adds to a request, with `Host` rewritten to localhost.
PROXIES = {
    "dev tunnels": {"X-Forwarded-Host": "t.euw.devtunnels.ms", "X-Original-Proto": "https"},
    "dev tunnels, from a page": {"Origin": "http://localhost:3978", "X-Forwarded-Host": "t.devtunnels.ms"},
    "ngrok --host-header": {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"},
    "a client of ngrok": {"ngrok-skip-browser-warning": "1"},
    "nginx as commonly configured": {"X-Real-IP": "203.0.113.9"},
    "Apache": {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Server": "www.example"},
    "Caddy": {"Via": "1.1 Caddy"},
    "Traefik": {"X-Real-Ip": "203.0.113.9", "X-Forwarded-Server": "traefik"},
    "RFC 7239": {"forwarded": "for=203.0.113.9"},
    "Cloudflare": {"CF-Ray": "1-FRA"},
    "Cloudflare, more": {"Cdn-Loop": "cloudflare"},
    "IIS": {"X-Original-URL": "/api/messages"},
    "App Service": {"DISGUISED-HOST": "bot.azurewebsites.net"},
    "Front Door": {"X-Azure-ClientIP": "203.0.113.9"},
    "AWS": {"X-Amzn-Trace-Id": "Root=1"},
    "Envoy": {"X-Envoy-External-Address": "203.0.113.9"},
    "Tailscale": {"Tailscale-Funnel-Request": "?1"},
    "an empty value": {"X-FORWARDED-FOR": ""},
}


@pytest.mark.parametrize("headers", PROXIES.values(), ids=list(PROXIES))
async def test_what_a_proxy_or_a_tunnel_forwarded_is_not(bot, connector, headers):
    headers = {"Host": "localhost:3978", **headers}
    async with bot.post("/api/messages", json=message(connector), headers=headers) as answer:
        assert answer.status == 403
        assert "A proxy or a tunnel forwarded this request." in (said := await answer.text())
        assert "MicrosoftAppId" in said
        assert "ALLOW_ANONYMOUS" in said
    assert connector.arrivals == []


PAGES = {
    "another site": {"Origin": "https://evil.example"},
    "a sandboxed frame, or a file": {"Origin": "null"},
    "another scheme": {"Origin": "chrome-extension://abc"},
    "no origin named": {"Sec-Fetch-Site": "cross-site"},
    "another port of this machine": {"Origin": "http://localhost:8080", "Sec-Fetch-Site": "same-site"},
}


@pytest.mark.parametrize("headers", PAGES.values(), ids=list(PAGES))
async def test_what_a_page_of_another_origin_sends_is_not(bot, connector, headers):
    async with bot.post("/api/messages", json=message(connector), headers=headers) as answer:
        assert answer.status == 403
        assert "ALLOW_ANONYMOUS" in await answer.text()
    assert connector.arrivals == []


BODY = b'{"type":"x","channelId":"x","serviceUrl":"http://localhost","conversation":{"id":"x"},"from":{}}'


async def status_of(bot, head: str, *, sent_from: str = "127.0.0.1") -> int:
    """Send a request whose first lines are *head* and return the status of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", bot.port, local_addr=(sent_from, 0))
    rest = f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n"
    writer.write(f"{head}\r\n{rest}".encode() + BODY)
    line = await asyncio.wait_for(reader.readline(), 10)
    writer.close()
    await writer.wait_closed()
    return int(line.split()[1])


def outward_address() -> str | None:
    """Return this machine's own address on a network, if it is on one; sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return str(probe.getsockname()[0])


async def test_a_request_as_the_next_tests_send_it_is_served(bot):
    assert await status_of(bot, "POST /api/messages HTTP/1.1\r\nHost: localhost") == 200


@pytest.mark.parametrize(
    "head",
    [
        "POST /api/messages HTTP/1.0",
        "POST /api/messages HTTP/1.0\r\nHost: localhost",  # As nginx sends it unless told otherwise.
        "POST http://localhost/api/messages HTTP/1.1\r\nHost: evil.example",
        "POST http://evil.example/api/messages HTTP/1.1\r\nHost: localhost",
    ],
)
async def test_a_request_that_leaves_open_whom_it_means_is_not(bot, head):
    assert await status_of(bot, head) == 403


async def test_a_request_from_another_address_is_not_whatever_address_it_came_to(bot):
    """A packet filter can lead connections from outside to 127.0.0.1: then only the peer tells."""

    if (elsewhere := outward_address()) is None:
        pytest.skip("this machine has no address but loopback")
    assert await status_of(bot, "POST /api/messages HTTP/1.1\r\nHost: localhost", sent_from=elsewhere) == 403


async def test_nobody_is_through_a_socket_that_is_no_loopback(config, connector, tmp_path):
    """For example a Unix socket: a proxy uses it, whose clients may be remote."""
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
