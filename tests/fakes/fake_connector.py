"""
A channel's connector on loopback, which answers as a test scripts it.

It implements the part of the Bot Framework's REST API that a bot calls: send and reply, create a
conversation, update, delete, list members. What was received can be waited for, so that no test has to sleep.
"""

import asyncio
import json
import socket
import struct
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from aiohttp import web

NO_LINGER = struct.pack("ii", 1, 0)  # Makes closing a socket say RST, not FIN.


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What the connector does with one send."""

    status: int = 201
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | bytes | None = None  #: None: ``{"id": …}`` for 2xx, else nothing.
    after: asyncio.Event | None = None  #: Answer only when this is set; or never, if it never is.
    reset: Literal["unread", "read"] | None = (
        None  #: Reset the connection, before or after reading the activity.
    )

    @classmethod
    def error(cls, status: int, code: str, **headers: str) -> Self:
        """An error as the Bot Framework words it; ``Retry_After="3"`` becomes a header."""
        body = json.dumps({"error": {"code": code, "message": f"The fake connector says {code}."}})
        return cls(status=status, headers={k.replace("_", "-"): v for k, v in headers.items()}, body=body)

    @property
    def delivers(self) -> bool:
        """Whether the user sees the message. A reset after reading hides that from the sender."""
        return 200 <= self.status < 300


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """One activity as it arrived."""

    number: int  #: 1 is the first that this connector read.
    at: float  #: Seconds on the monotonic clock.
    conversation_id: str
    reply_to_id: str | None  #: The activity id in the path.
    activity: dict[str, Any]
    headers: Mapping[str, str]
    answer: Answer

    @property
    def text(self) -> str:
        """What it says; of a card what a client shows that cannot draw it."""
        if self.activity.get("text") or not self.cards:
            return self.activity.get("text") or ""
        return str(self.cards[0]["fallbackText"])

    @property
    def cards(self) -> list[dict[str, Any]]:
        """The adaptive cards in it."""
        attached = self.activity.get("attachments") or []
        kind = "application/vnd.microsoft.card.adaptive"
        return [each["content"] for each in attached if each["contentType"] == kind]

    def __str__(self) -> str:
        return f"#{self.number} {self.conversation_id}: {self.text[:60]!r} -> {self.answer.status}"


Rule = Callable[[str, dict[str, Any]], Answer | None]  #: Of conversation id and activity.


class FakeConnector:
    """
    ``async with FakeConnector() as connector``, then give ``connector.service_url`` to the bot.

    Who decides an answer: the conversation's own script, then the script for all, each answer used once;
    then `rule` (which sees the activity, so it can't reset a connection before that is read); then 201.

    Waiting for an arrival fails after *patience* seconds.
    """

    def __init__(self, *, patience: float = 10.0) -> None:
        self.arrivals: list[Received] = []
        self.unread = 0  #: Requests whose connection was reset before the activity was read.
        self.others: list[tuple[str, str]] = []  #: (method, path) of requests that were no sends.
        self.rule: Rule | None = None
        self._patience = patience
        self.updates: list[Received] = []  #: Of messages sent before, by their ids in `reply_to_id`.
        self.update_script: deque[Answer] = deque()  #: Answers to updates, each used once.
        self._scripts: dict[str | None, deque[Answer]] = {}
        self._by_conversation: defaultdict[str, list[Received]] = defaultdict(list)
        self._taken: Counter[str] = Counter()
        self._arrived = asyncio.Event()  #: Set, and replaced, by each arrival.
        self._runner: web.AppRunner | None = None
        self._port = 0

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.close()

    async def open(self) -> None:
        """Listen: on a random port the first time, on the same one ever after."""
        app = web.Application()
        conversations = "/v3/conversations"
        activities = conversations + "/{conversation_id}/activities"
        app.router.add_post(activities, self._send)
        app.router.add_post(activities + "/{activity_id}", self._send)
        app.router.add_put(activities + "/{activity_id}", self._update)
        app.router.add_delete(activities + "/{activity_id}", self._delete)
        app.router.add_get(conversations + "/{conversation_id}/members", self._members)
        app.router.add_post(conversations, self._create)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.01)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True).start()
        self._port = self._runner.addresses[0][1]

    async def close(self) -> None:
        """Stop listening, so that connections are refused; held answers are dropped. `open` may follow."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def service_url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def delivered(self) -> list[Received]:
        """The messages that users saw, in order, without those that were answered with an error."""
        return [arrival for arrival in self.arrivals if arrival.answer.delivers]

    def script(self, conversation_id: str | None, *answers: Answer) -> None:
        """Answer the next sends to *conversation_id* (None: to any) so, one after the other."""
        self._scripts.setdefault(conversation_id, deque()).extend(answers)

    async def received(self, count: int) -> list[Received]:
        """Wait until *count* activities have arrived in all and return that many, the first ones."""
        await self.until(lambda arrivals: len(arrivals) >= count, f"{count} arrivals")
        return self.arrivals[:count]

    async def next_in(self, conversation_id: str) -> Received:
        """Wait for the next activity in *conversation_id*: each call hands out one more."""
        there = self._by_conversation[conversation_id]
        index = self._taken[conversation_id]
        self._taken[conversation_id] += 1
        await self.until(lambda _: len(there) > index, f"arrival {index + 1} in {conversation_id}")
        return there[index]

    def in_conversation(self, conversation_id: str) -> list[Received]:
        return list(self._by_conversation[conversation_id])

    async def until(
        self, predicate: Callable[[Sequence[Received]], bool], what: str = "the predicate"
    ) -> None:
        """Wait until *predicate* is true of all arrivals; fail, showing them, when that takes too long."""
        try:
            async with asyncio.timeout(self._patience):
                while not predicate(self.arrivals):
                    await self._arrived.wait()
        except TimeoutError:
            shown = "\n".join(map(str, self.arrivals[-20:])) or "nothing"
            raise AssertionError(
                f"Waited {self._patience:g} s for {what}; {len(self.arrivals)} arrived, at last:\n{shown}"
            ) from None

    async def _send(self, request: web.Request) -> web.StreamResponse:
        conversation_id = request.match_info["conversation_id"]
        answer = self._scripted(conversation_id)
        if answer is not None and answer.reset == "unread":
            self.unread += 1
            return await _reset(request)
        activity = await request.json()
        if answer is None and self.rule is not None:
            answer = self.rule(conversation_id, activity)
        answer = answer or Answer()
        arrival = Received(
            number=len(self.arrivals) + 1,
            at=time.monotonic(),
            conversation_id=conversation_id,
            reply_to_id=request.match_info.get("activity_id"),
            activity=activity,
            headers=request.headers.copy(),
            answer=answer,
        )
        self.arrivals.append(arrival)
        self._by_conversation[conversation_id].append(arrival)
        self._arrived.set()
        self._arrived = asyncio.Event()
        if answer.after is not None:
            await answer.after.wait()
        return await _reset(request) if answer.reset else _response(answer, f"sent-{arrival.number}")

    def _scripted(self, conversation_id: str) -> Answer | None:
        for key in (conversation_id, None):
            if self._scripts.get(key):
                return self._scripts[key].popleft()
        return None

    async def _create(self, request: web.Request) -> web.Response:
        self.others.append((request.method, request.path))
        return web.json_response({"id": f"conversation-{len(self.others)}"}, status=201)

    async def _update(self, request: web.Request) -> web.Response:
        self.others.append((request.method, request.path))
        answer = self.update_script.popleft() if self.update_script else Answer(status=200)
        activity = json.loads(await request.text() or "{}")
        arrival = Received(
            number=len(self.updates) + 1,
            at=time.monotonic(),
            conversation_id=request.match_info["conversation_id"],
            reply_to_id=request.match_info["activity_id"],
            activity=activity,
            headers=request.headers.copy(),
            answer=answer,
        )
        self.updates.append(arrival)
        self._arrived.set()
        self._arrived = asyncio.Event()
        return _response(answer, request.match_info["activity_id"])

    async def _delete(self, request: web.Request) -> web.Response:
        self.others.append((request.method, request.path))
        return web.Response()

    async def _members(self, request: web.Request) -> web.Response:
        self.others.append((request.method, request.path))
        return web.json_response([{"id": "user-1", "name": "User"}])


def _response(answer: Answer, activity_id: str) -> web.Response:
    body = answer.body
    if body is None:
        body = json.dumps({"id": activity_id}) if 200 <= answer.status < 300 else b""
    headers = {"Content-Type": "application/json; charset=utf-8", **answer.headers}
    return web.Response(status=answer.status, headers=headers, body=body)


async def _reset(request: web.Request) -> web.Response:
    """Cut the connection with a TCP reset; the returned answer is not delivered."""
    if request.transport is not None:
        request.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        request.transport.abort()
    return web.Response()
