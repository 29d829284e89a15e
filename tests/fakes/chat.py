"""A conversation between a person and the bot, on a channel."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

from aiohttp import ClientResponse, ClientSession
from aiohttp.test_utils import TestClient

from tests.fakes.fake_connector import FakeConnector, Received

_ids = count(1)


@dataclass(kw_only=True)
class Chat:
    """Posts a person's activities to the bot and reads what the bot says in this conversation."""

    client: TestClient[Any, Any] | ClientSession  #: Its base URL is the bot's.
    connector: FakeConnector
    conversation_id: str
    channel_id: str = "emulator"
    user: dict[str, Any] = field(default_factory=lambda: {"id": "user-1", "name": "Alex"})
    bot: dict[str, Any] = field(default_factory=lambda: {"id": "bot-1", "name": "Bot"})
    headers: dict[str, str] = field(default_factory=dict)  #: Such as `Authorization`.
    fields: dict[str, Any] = field(default_factory=dict)  #: Of each activity, unless it says otherwise.

    async def say(self, text: str | None, **fields: Any) -> str:
        """Send a message and return the text of the bot's next message here."""
        response = await self.post(type="message", text=text, **fields)
        assert response.status == 200, await response.text()
        return (await self.heard()).text

    async def heard(self) -> Received:
        """Return the bot's next message here that no call returned before."""
        return await self.connector.next_in(self.conversation_id)

    async def post(self, **fields: Any) -> ClientResponse:
        """Send an activity of these fields from this conversation."""
        activity = {
            "id": f"activity-{next(_ids)}",
            "timestamp": "2024-02-29T12:00:00.123Z",
            "channelId": self.channel_id,
            "serviceUrl": self.connector.service_url,
            "conversation": {"id": self.conversation_id},
            "from": self.user,
            "recipient": self.bot,
            **self.fields,
            **fields,
        }
        async with self.client.post("/api/messages", json=activity, headers=self.headers) as response:
            await response.read()  # So that the connection is free again, and the test may still read it.
        return response
