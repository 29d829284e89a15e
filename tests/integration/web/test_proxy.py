"""A network whose only way out is a proxy."""

import asyncio

import aiohttp
import pytest

from channel.proxies import proxy_endpoints
from channel.service_urls import ServiceUrlPolicy
from channel.sessions import SessionSettings, open_channel_session
from channel.ssrf_guard import InnerAddress

CHANNEL = "https://smba.trafficmanager.net/teams"


@pytest.fixture
async def proxy(monkeypatch):
    """The first lines that a proxy on this machine, an inside address, is asked with; it refuses all."""
    asked: list[str] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        asked.append(head.decode().splitlines()[0])
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        for name in ("no_proxy", "NO_PROXY", "http_proxy", "HTTP_PROXY", "https_proxy"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:hunter2@127.0.0.1:{port}")
        yield asked


def session() -> aiohttp.ClientSession:
    settings = SessionSettings(send_timeout=5, connect_timeout=2, proxies=proxy_endpoints())
    return open_channel_session(settings, ServiceUrlPolicy(authentication=True))


async def test_a_channel_is_reached_through_the_proxy_that_the_environment_names(proxy):
    async with session() as channel:
        with pytest.raises(aiohttp.ClientHttpProxyError):
            await channel.post(CHANNEL)
    assert proxy == ["CONNECT smba.trafficmanager.net:443 HTTP/1.1"]


async def test_no_other_inside_address_is_reached_because_there_is_a_proxy(proxy, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    async with session() as channel:
        with pytest.raises((InnerAddress, aiohttp.ClientConnectorError), match="internal network"):
            await channel.post("https://127.0.0.1:1/")
    assert proxy == []


def test_without_a_proxy_the_environment_names_none(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert proxy_endpoints() == frozenset()
