"""Requests to the bot, and what its answers mean."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import aiohttp

from jobctl.settings import Settings
from jobctl.stream import Event, events_of

#: Seconds without a byte after which a stream is broken: the bot sends something every 15 s.
_SILENCE = 45.0

_LATER = (408, 425, 429, 500, 502, 503, 504)


class Refused(Exception):
    """The bot refuses the request; repeating it does not help. The message says why."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class Unreachable(Exception):
    """The bot cannot be reached or asks to come later. The same report may be sent again."""


class Answer(NamedTuple):
    """What the bot answered."""

    status: int
    headers: Mapping[str, str]
    text: str


class Connection:
    """Connections to one bot. Methods raise `Refused` and `Unreachable`."""

    def __init__(self, settings: Settings, timeout: float) -> None:
        """Use the address and the token in *settings*; a request may take *timeout* seconds."""
        self._url = settings.url
        self._token = settings.token
        self._trace = {"traceparent": settings.trace} if settings.trace else {}
        self._timeout = timeout
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Open it."""
        self._session = aiohttp.ClientSession()

    async def close(self) -> None:
        """Close it."""
        if self._session is not None:
            await self._session.close()

    async def ask(
        self,
        method: str,
        path: str,
        *,
        bearer: bool = True,
        headers: Mapping[str, str] | None = None,
        longer: float = 0,
        **request: Any,
    ) -> dict[str, Any]:
        """Return the JSON object in the answer, with its entity tag; *longer* are seconds more to wait."""
        given = self._authorized(headers or {}) if bearer else dict(headers or {})
        answer = await self.exchange(method, path, headers=given, longer=longer, **request)
        said = object_in(answer.text)
        _require_good(answer.status, said, answer.text)
        if "ETag" in answer.headers and said:
            said["etag"] = answer.headers["ETag"]
        return said

    async def exchange(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        longer: float = 0,
        **request: Any,
    ) -> Answer:
        """Return the answer, whatever its status."""
        timeout = aiohttp.ClientTimeout(total=self._timeout + longer)
        headers = {**self._trace, **(headers or {})}
        url = self._url + path
        async with self._connected(method, url, headers=headers, timeout=timeout, **request) as answer:
            return Answer(answer.status, answer.headers, await answer.text(errors="replace"))

    async def post_form(self, url: str, form: Mapping[str, str]) -> Answer:
        """Return the answer of another server to *form*."""
        timeout = aiohttp.ClientTimeout(total=self._timeout)
        async with self._connected("POST", url, data=form, timeout=timeout) as answer:
            return Answer(answer.status, answer.headers, await answer.text(errors="replace"))

    async def events(self, path: str, last: str) -> AsyncIterator[Event]:
        """Yield the events of a stream after the one with the id *last*; raise when it breaks off."""
        headers = {"Last-Event-ID": last} if last else {}
        timeout = aiohttp.ClientTimeout(sock_connect=self._timeout, sock_read=_SILENCE)
        given = self._authorized(headers)
        async with self._connected("GET", self._url + path, headers=given, timeout=timeout) as answer:
            if answer.status != 200:
                text = await answer.text(errors="replace")
                _require_good(answer.status, object_in(text), text)
            async for event in events_of(aiter(answer.content)):
                yield event
        raise Unreachable("the stream has ended")

    def _authorized(self, headers: Mapping[str, str]) -> dict[str, str]:
        return {**headers, "Authorization": f"Bearer {self._token}"} if self._token else dict(headers)

    @asynccontextmanager
    async def _connected(
        self, method: str, url: str, **request: Any
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Yield the answer to a request; what breaks while it is read is raised as `Unreachable`."""
        if self._session is None:
            raise RuntimeError("use `async with JobSystem(…)`")
        try:
            async with self._session.request(method, url, allow_redirects=False, **request) as answer:
                yield answer
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError.
            said = error or type(error).__name__
            raise Unreachable(f"{url.partition('/api/')[0]} does not answer: {said}") from error


def object_in(text: str) -> dict[str, Any]:
    """Return the JSON object in *text*; an empty one if there is none."""
    try:
        said = json.loads(text)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _require_good(status: int, said: Mapping[str, Any], text: str) -> None:
    if status in _LATER:
        raise Unreachable(f"the bot answers {status}: {said.get('detail', text[:200])}")
    if status >= 300 and status != 304:
        raise Refused(status, _explained(status, said, text))


def _explained(status: int, said: Mapping[str, Any], text: str) -> str:
    places = "; ".join(f"{each['pointer']}: {each['detail']}" for each in said.get("errors", ()))
    detail = said.get("detail") or f"the bot answers {status}: {text[:200]}"
    return f"{detail} ({places})" if places else str(detail)
