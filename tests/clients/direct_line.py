"""
A stand-in for the Direct Line service, for Web Chat: between a page on one side and the bot on the other.

It is the service that the page talks to, with its stream, and the connector that the bot answers to. Sources:
https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-direct-line-3-0-api-reference and
https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference
"""

import asyncio
import json
from collections import defaultdict
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, Self

import aiohttp
from aiohttp import WSMsgType, web

_PAGE = (Path(__file__).parent / "web_chat.html").read_text()

_BOT = {"id": "bot", "name": "Jobs Bot"}


class DirectLine:
    """``async with DirectLine(bot_url, bundle) as line``: a page with Web Chat is at ``line.page(…)``."""

    def __init__(self, bot_url: str, bundle: Path) -> None:
        """Bring activities to the bot at *bot_url*; *bundle* is the file ``webchat.js``."""
        self._bot_url = bot_url
        self._bundle = bundle
        self._ids = count(1)
        self._said: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        self._streams: defaultdict[str, list[web.WebSocketResponse]] = defaultdict(list)
        self._runner: web.AppRunner | None = None
        self._turns: set[asyncio.Task[None]] = set()
        self.url = ""

    async def __aenter__(self) -> Self:
        app = web.Application()
        line, connector = "/v3/directline", "/v3/conversations/{id}/activities"
        app.add_routes(
            [
                web.get("/", self._page),
                web.get("/webchat.js", self._script),
                web.post(f"{line}/tokens/refresh", self._refresh),
                web.post(f"{line}/conversations", self._open),
                web.get(f"{line}/conversations/{{id}}", self._open),
                web.get(f"{line}/conversations/{{id}}/stream", self._stream),
                web.get(f"{line}/conversations/{{id}}/activities", self._activities),
                web.post(f"{line}/conversations/{{id}}/activities", self._from_page),
                web.post(connector, self._from_bot),
                web.post(f"{connector}/{{activity}}", self._from_bot),
            ]
        )
        self._client = aiohttp.ClientSession()
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_exc: object) -> None:
        for streams in self._streams.values():
            for stream in streams:
                await stream.close()
        await asyncio.gather(*self._turns, return_exceptions=True)
        await self._client.close()
        if self._runner is not None:
            await self._runner.cleanup()

    def page(self, person: str, *, locale: str = "en-US", dark: bool = False) -> str:
        """Return the address of a page in which *person* has a conversation of their own with the bot."""
        return f"{self.url}/?person={person}&locale={locale}&dark={int(dark)}"

    async def _page(self, _: web.Request) -> web.Response:
        return web.Response(text=_PAGE, content_type="text/html")

    async def _script(self, _: web.Request) -> web.FileResponse:
        return web.FileResponse(self._bundle)

    async def _refresh(self, request: web.Request) -> web.Response:
        return web.json_response({"token": "a-token", "expires_in": 1800})

    async def _open(self, request: web.Request) -> web.Response:
        conversation = request.match_info.get("id") or f"conversation-{next(self._ids)}"
        stream = f"{self.url.replace('http', 'ws')}/v3/directline/conversations/{conversation}/stream"
        opened = {"conversationId": conversation, "token": "a-token", "expires_in": 1800}
        return web.json_response({**opened, "streamUrl": stream}, status=201)

    async def _stream(self, request: web.Request) -> web.WebSocketResponse:
        stream, conversation = web.WebSocketResponse(), request.match_info["id"]
        await stream.prepare(request)
        self._streams[conversation].append(stream)
        for activity in self._said[conversation]:
            await stream.send_str(_activity_set([activity]))
        async for message in stream:
            if message.type is WSMsgType.ERROR:
                break
        self._streams[conversation].remove(stream)
        return stream

    async def _activities(self, request: web.Request) -> web.Response:
        since, said = int(request.query.get("watermark") or 0), self._said[request.match_info["id"]]
        return web.json_response({"activities": said[since:], "watermark": str(len(said))})

    async def _from_page(self, request: web.Request) -> web.Response:
        conversation, said = request.match_info["id"], await request.json()
        activity = await self._keep(conversation, said)
        # The service answers the page before the bot has answered.
        turn = asyncio.create_task(self._to_bot({**activity, "recipient": _BOT, "serviceUrl": self.url}))
        self._turns.add(turn)
        turn.add_done_callback(self._turns.discard)
        return web.json_response({"id": activity["id"]})

    async def _to_bot(self, activity: dict[str, Any]) -> None:
        async with self._client.post(f"{self._bot_url}/api/messages", json=activity) as response:
            assert response.status == 200, await response.text()

    async def _from_bot(self, request: web.Request) -> web.Response:
        activity = await self._keep(request.match_info["id"], await request.json())
        return web.json_response({"id": activity["id"]}, status=201)

    async def _keep(self, conversation: str, said: dict[str, Any]) -> dict[str, Any]:
        """Give the activity what the service adds, and bring it to the pages of the conversation."""
        added = {
            "id": f"{conversation}|{next(self._ids):07}",
            "timestamp": datetime.now(UTC).isoformat(),
            "channelId": "webchat",
            "conversation": {"id": conversation},
        }
        activity = {**said, **added}
        self._said[conversation].append(activity)
        for stream in self._streams[conversation]:
            await stream.send_str(_activity_set([activity]))
        return activity


def _activity_set(activities: list[dict[str, Any]]) -> str:
    return json.dumps({"activities": activities})
