from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.fakes.bot_process import BotProcess, install
from tests.fakes.chat import Chat
from tests.fakes.fake_connector import FakeConnector


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program in a clean environment."""
    return install(tmp_path_factory.mktemp("installation"))


@pytest.fixture
def start_bot(installation: Path, tmp_path: Path) -> Callable[..., BotProcess]:
    """``async with start_bot(NAME="value") as bot``; what a test starts works on one database."""
    url = f"sqlite:///{(tmp_path / 'jobs.sqlite3').as_posix()}"
    return lambda **settings: BotProcess(installation, **{"DATABASE_URL": url, **settings})


@pytest.fixture
def talk(connector: FakeConnector) -> Callable[[BotProcess, str], Awaitable[Chat]]:
    """``chat = await talk(bot, "conversation id")`` once the bot has started."""

    async def talk(bot: BotProcess, conversation_id: str) -> Chat:
        return Chat(client=await bot.started(), connector=connector, conversation_id=conversation_id)

    return talk
