"""Requests to addresses from outside reach only public addresses; here all addresses are on loopback."""

import socket

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver

from channel.ssrf_guard import InnerAddress, SsrfGuard


class ScriptedResolver(AbstractResolver):
    """Resolves names as a test says: each look-up takes the next answer, the last one stays."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = list(answers)

    async def resolve(self, host, port=0, family=socket.AF_INET):
        addresses = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return [
            {
                "hostname": host,
                "host": address,
                "port": port,
                "family": socket.AF_INET6 if ":" in address else socket.AF_INET,
                "proto": 0,
                "flags": socket.AI_NUMERICHOST,
            }
            for address in addresses
        ]

    async def close(self) -> None: ...


def guarded(*answers: list[str], named: str = "", loopback: bool = False, **options) -> aiohttp.ClientSession:
    guard = SsrfGuard(
        may_be_inside=lambda host, port: host == named,
        advice="name it in SERVICE_URL_HOSTS",
        loopback=loopback,
        resolver=ScriptedResolver(*answers),
        **options,
    )
    return aiohttp.ClientSession(connector=guard, timeout=aiohttp.ClientTimeout(total=5))


async def arrives(session: aiohttp.ClientSession, connector, host: str) -> bool:
    """Send an activity to *connector* by the name *host*; return whether it came there."""
    before = len(connector.arrivals)
    url = connector.service_url.replace("127.0.0.1", host) + "/v3/conversations/c/activities"
    try:
        async with session.post(url, json={"text": "hello"}) as answer:
            assert answer.status == 201
    except aiohttp.ClientConnectorError as error:
        assert isinstance(error.os_error, InnerAddress)
        assert "name it in SERVICE_URL_HOSTS" in str(error)
        assert len(connector.arrivals) == before
        return False
    assert len(connector.arrivals) == before + 1
    return True


async def test_without_the_guard_a_name_leads_to_whatever_address_it_has(connector):
    resolver = ScriptedResolver(["127.0.0.1"])
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=resolver)) as session:
        assert await arrives(session, connector, "bot.example")


@pytest.mark.parametrize("loopback", [False, True])
async def test_a_name_that_resolves_to_an_inner_address_is_not_connected_to(connector, loopback):
    async with guarded(["127.0.0.1"], loopback=loopback) as session:
        assert not await arrives(session, connector, "bot.example")


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "169.254.169.254", "100.64.0.1", "fd00::1", "::ffff:127.0.0.1"]
)
async def test_nor_to_any_other_place_inside(connector, address):
    async with guarded([address, "127.0.0.1"]) as session:
        assert not await arrives(session, connector, "bot.example")


async def test_an_address_instead_of_a_name_is_not_either(connector):
    async with guarded(["8.8.8.8"]) as session:
        for host in ("127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "10.0.0.1", "169.254.169.254"):
            assert not await arrives(session, connector, host)


async def test_what_a_name_resolves_to_is_checked_each_time_it_is_connected_to(connector):
    """DNS rebinding: the name resolves to a public address first, and to an internal one on connecting."""
    async with guarded(["8.8.8.8"], ["127.0.0.1"], ttl_dns_cache=0) as session:
        [public] = await session.connector._resolve_host("bot.example", 443)
        assert public["host"] == "8.8.8.8"
        assert not await arrives(session, connector, "bot.example")


async def test_of_several_addresses_only_those_on_the_internet_are_tried():
    async with guarded(["127.0.0.1", "8.8.8.8", "fe80::1", "2603:1063::1"]) as session:
        found = await session.connector._resolve_host("bot.example", 443)
    assert [each["host"] for each in found] == ["8.8.8.8", "2603:1063::1"]


@pytest.mark.parametrize("host", ["bot.example", "127.0.0.1"])
async def test_a_host_that_the_operator_named_may_be_inside(connector, host):
    async with guarded(["127.0.0.1"], named=host) as session:
        assert await arrives(session, connector, host)
        other = "other.example" if host == "bot.example" else "localhost"
        assert not await arrives(session, connector, other)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_where_loopback_is_allowed_it_is_connected_to_by_its_own_names(connector, host):
    async with guarded(["127.0.0.1"], loopback=True) as session:
        assert await arrives(session, connector, host)


async def test_and_nothing_else_is_by_that_name(connector):
    async with guarded(["8.8.8.8"], loopback=True) as session:
        assert not await arrives(session, connector, "localhost")
