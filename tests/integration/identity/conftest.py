"""The identity services of a test, with a client and a bot that use them."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestClient

from app import build_app
from config import Config
from tests.fakes.bot_server import BotServer
from tests.fakes.chat import Chat
from tests.fakes.fake_identity import CHANNEL_METADATA, DIRECTORY_METADATA, FakeIdentity
from tests.fakes.token_mint import APP_ID, JOB_SYSTEM, TokenMint, public_jwk


@pytest.fixture
async def identity() -> AsyncIterator[FakeIdentity]:
    async with FakeIdentity() as identity:
        yield identity


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def settings(identity, tmp_path, monkeypatch) -> dict[str, Any]:
    """The settings of a bot with an identity, whose clouds are all on this machine."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(identity.certificate))
    channels = ["msteams", "webchat", "directline", "emulator"]
    identity.keys["/channel/keys"] = [public_jwk("channel", endorsements=channels)]
    return {
        "_env_file": None,
        "DATABASE_URL": f"sqlite:///{tmp_path / 'jobs.sqlite3'}",
        "PORT": 0,
        "MicrosoftAppId": APP_ID,
        "MicrosoftAppPassword": "secret",
        "ToBotFromChannelOpenIdMetadataUrl": identity.url(CHANNEL_METADATA),
        "ToBotFromEmulatorOpenIdMetadataUrl": identity.url(DIRECTORY_METADATA),
        "ToChannelFromBotLoginUrl": identity.authority,
        "SERVICE_URL_HOSTS": "http://127.0.0.1",
        "JOB_SYSTEM_APP_IDS": JOB_SYSTEM,
    }


class GuardedBot:
    """The real application with authentication on, and who may call it."""

    def __init__(self, client: TestClient[Any, Any], connector: Any) -> None:
        self._client = client
        self._connector = connector
        self.mint = TokenMint(datetime.now(UTC))

    def chat(self, token: str | None, conversation_id: str = "a", **fields: Any) -> Chat:
        """A conversation whose activities come with *token*."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        chat = Chat(
            client=self._client, connector=self._connector, conversation_id=conversation_id, headers=headers
        )
        chat.channel_id = fields.pop("channelId", "webchat")
        chat.fields = fields
        return chat

    def user(self, conversation_id: str = "a", **fields: Any) -> Chat:
        """A user of a channel, which answers for them."""
        return self.chat(self.mint.channel(serviceurl=self._connector.service_url), conversation_id, **fields)

    async def create_job(self, token: str, **said: Any) -> str:
        """Create a job over HTTP and return its number."""
        headers = {"Authorization": f"Bearer {token}"}
        async with self._client.post("/api/jobs", json=said, headers=headers) as answer:
            return str((await answer.json())["jobId"])

    def job_system(self, **fields: Any) -> Chat:
        return self.chat(self.mint.application(JOB_SYSTEM), "jobs", **{"channelId": "jobs", **fields})


@pytest.fixture
def guarded(settings, connector) -> Callable[..., AbstractAsyncContextManager[GuardedBot]]:
    """``async with guarded(NAME=value) as bot`` runs the bot with these settings changed."""

    @asynccontextmanager
    async def run(**changes: Any) -> AsyncIterator[GuardedBot]:
        config = Config(**{**settings, **changes})
        async with TestClient(BotServer(build_app(config))) as client:
            yield GuardedBot(client, connector)

    return run
