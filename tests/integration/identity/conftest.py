"""The identity services of a test, and a client to reach them with."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.fakes.fake_clock import FakeClock
from tests.fakes.fake_identity import FakeIdentity


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def identity() -> AsyncIterator[FakeIdentity]:
    async with FakeIdentity() as identity:
        yield identity


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session
