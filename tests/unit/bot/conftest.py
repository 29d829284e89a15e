from collections.abc import AsyncIterator

import aiohttp
import pytest
from botframework.connector.aio import ConnectorClient

from bot.connector import ConnectorPool
from tests.fakes.fake_tokens import FakeTokens
from tests.unit.bot.stage import Stage, open_stage


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with open_stage() as stage:
        yield stage


@pytest.fixture
def tokens() -> FakeTokens:
    return FakeTokens()


@pytest.fixture
async def pool(tokens) -> AsyncIterator[ConnectorPool]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        yield ConnectorPool(session, tokens, user_agent="the-bot")


@pytest.fixture
def client(pool, connector) -> ConnectorClient:
    return pool.client(connector.service_url)
