from collections.abc import AsyncIterator

import pytest

from tests.unit.bot.stage import Stage, open_stage


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with open_stage() as stage:
        yield stage
