import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from hypothesis import settings

from app import build_app
from config import Config
from tests.fakes.bot_server import BotServer
from tests.fakes.chat import Chat
from tests.fakes.fake_clock import FakeClock
from tests.fakes.fake_connector import FakeConnector
from tests.fakes.pooler import end_pooler
from tests.fakes.schemas import drop_schemas

# A machine that is busy with something else must not fail a law.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture(scope="session", autouse=True)
def _clean_database_server() -> Iterator[None]:
    yield
    end_pooler()
    drop_schemas()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def connector() -> AsyncIterator[FakeConnector]:
    async with FakeConnector() as connector:
        yield connector


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """The settings of a bot with its own database, independent of the environment and .env."""
    return Config(_env_file=None, DATABASE_URL=f"sqlite:///{tmp_path / 'jobs.sqlite3'}", PORT=0)


@pytest.fixture
async def bot(config: Config) -> AsyncIterator[TestClient[Any, Any]]:
    """The real application on loopback."""
    async with TestClient(BotServer(build_app(config))) as client:
        yield client


@pytest.fixture
def chat(bot: TestClient[Any, Any], connector: FakeConnector) -> Callable[[str], Chat]:
    """Opens a conversation with the real application."""
    return lambda conversation_id, **fields: Chat(
        client=bot, connector=connector, conversation_id=conversation_id, **fields
    )


@pytest.fixture
def started() -> Callable[[Chat], Awaitable[str]]:
    """``number = await started(chat)`` starts a job there."""

    async def started(chat: Chat) -> str:
        answer = await chat.say("run")
        match = re.fullmatch(
            r"We're starting job (\d+) for you\. We'll notify you when it's complete\.", answer
        )
        assert match, answer
        return match[1]

    return started
