from collections.abc import AsyncIterator

import pytest

from tests.fakes.fake_connector import FakeConnector


@pytest.fixture
async def connector() -> AsyncIterator[FakeConnector]:
    async with FakeConnector() as connector:
        yield connector
