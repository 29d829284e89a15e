import time
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import count

import aiohttp
import pytest
from botframework.connector.aio import ConnectorClient

from channel.connector_pool import ConnectorPool
from channel.outbound_tokens import FetchedToken, OutboundTokens
from channel.service_urls import ServiceUrlPolicy
from delivery.hosts.service_hosts import ServiceHosts


class NumberedTokens:
    """Where tokens come from: `t1`, `t2` and so on."""

    def __init__(self) -> None:
        self.numbers = count(1)

    def fetch(self) -> FetchedToken:
        return FetchedToken(f"t{next(self.numbers)}", lifetime=timedelta(hours=1))


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        yield session


@pytest.fixture
def hosts() -> ServiceHosts:
    return ServiceHosts(time=time.monotonic)


@pytest.fixture
def pool(session, clock, hosts) -> ConnectorPool:
    """Connector clients where authentication is off."""
    service_urls = ServiceUrlPolicy(authentication=False)
    tokens = OutboundTokens(None, clock=clock)
    return ConnectorPool(session, tokens, service_urls, hosts, user_agent="the-bot")


@pytest.fixture
def client(pool, connector) -> ConnectorClient:
    return pool.client(connector.service_url)


@pytest.fixture
async def signing_client(session, clock, connector, hosts) -> AsyncIterator[ConnectorClient]:
    """A connector client of a bot that has an identity."""
    tokens = OutboundTokens(NumberedTokens(), clock=clock)
    service_urls = ServiceUrlPolicy(authentication=True, extra_hosts=["http://127.0.0.1"])
    pool = ConnectorPool(session, tokens, service_urls, hosts, user_agent="the-bot")
    yield pool.client(connector.service_url)
    await tokens.close()
