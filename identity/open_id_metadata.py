"""
An issuer's keys, fetched and kept.

* KeysError
  + UnknownKey       the issuer has been asked and has no such key
  + KeysUnavailable  the issuer cannot be asked, and no key that we have will do
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus

import aiohttp
import orjson

from identity.signing_keys import SigningKey, read_key_document

#: A withdrawn key stops working within this time, as long as the issuer can be asked.
REFRESH_AFTER = timedelta(hours=1)

#: Keys this old are not used before another attempt to renew them. The SDK's own figure.
STALE_AFTER = timedelta(hours=24)

#: Nobody makes us ask more often, whatever key ids they send.
PAUSE = timedelta(minutes=1)

#: As long as there are no keys at all, nobody gets in; so we ask sooner.
PAUSE_WITHOUT_KEYS = timedelta(seconds=5)

MAX_DOCUMENT_BYTES = 1024 * 1024  #: Of each document. Microsoft's have less than 100 KB.

_log = logging.getLogger(__name__)


class KeysError(Exception):
    """There is no key to check a token with."""


class UnknownKey(KeysError):
    """The issuer has no such key."""


class KeysUnavailable(KeysError):
    """The issuer could not be asked."""


class _BadDocument(Exception):
    """A document is not what it should be."""


class OpenIdMetadata:
    """
    The keys behind one OpenID metadata document.

    The last good keys stay in use while the issuer cannot be reached. However many ask at once, one fetch
    runs, in a task of its own: a caller that is cancelled takes nothing from the others. `close` ends it.

    Fits the SDK's `JwtTokenExtractor.metadataCache`, which wants an async `get(key_id)`.
    """

    def __init__(
        self,
        url: str,
        *,
        session: aiohttp.ClientSession,
        clock: Callable[[], datetime],
        timeout: timedelta = timedelta(seconds=5),
    ) -> None:
        self._url = url
        self._session = session
        self._clock = clock
        self._timeout = timeout  # For both documents together.
        self._keys: Mapping[str, SigningKey] = {}
        self._fetched_at: datetime | None = None
        self._attempted_at: datetime | None = None
        self._attempt_failed = False
        self._fetching: asyncio.Task[None] | None = None

    async def get(self, key_id: str) -> SigningKey:
        """Return the key, waiting for a fetch only if it may bring what we lack; raise `KeysError`."""
        if self._older_than(STALE_AFTER):
            await self._fetch_unless_just_tried()
        elif self._older_than(REFRESH_AFTER) and self._may_ask():
            self._fetch()  # In the background: the keys at hand still serve.
        if key_id not in self._keys:
            await self._fetch_unless_just_tried()
        if key_id in self._keys:
            return self._keys[key_id]
        raise KeysUnavailable(self._url) if self._attempt_failed else UnknownKey(self._url)

    async def close(self) -> None:
        """Give up a fetch under way."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.wait([self._fetching])

    def _older_than(self, age: timedelta) -> bool:
        return self._fetched_at is not None and self._clock() - self._fetched_at >= age

    def _may_ask(self) -> bool:
        pause = PAUSE if self._keys else PAUSE_WITHOUT_KEYS
        return self._attempted_at is None or self._clock() - self._attempted_at >= pause

    async def _fetch_unless_just_tried(self) -> None:
        if self._fetching is not None or self._may_ask():
            await asyncio.shield(self._fetch())

    def _fetch(self) -> asyncio.Task[None]:
        if self._fetching is None:
            self._fetching = asyncio.create_task(self._renew_keys(), name=f"fetch keys of {self._url}")
            self._fetching.add_done_callback(self._forget_fetch)
        return self._fetching

    def _forget_fetch(self, _: asyncio.Task[None]) -> None:
        self._fetching = None

    async def _renew_keys(self) -> None:
        self._attempted_at = self._clock()
        try:
            async with asyncio.timeout(self._timeout.total_seconds()):
                keys = read_key_document(await self._get_json(await self._key_document_url()))
            if not keys:
                raise _BadDocument("no usable key")
        # UnicodeError: a host that no resolver is asked for, such as one of a name that is too long.
        except (aiohttp.ClientError, TimeoutError, UnicodeError, _BadDocument) as error:
            self._attempt_failed = True
            _log.warning("Cannot renew the keys of %s: %s", self._url, str(error) or type(error).__name__)
            return
        self._keys, self._fetched_at, self._attempt_failed = keys, self._attempted_at, False

    async def _key_document_url(self) -> str:
        metadata = await self._get_json(self._url)
        url = metadata.get("jwks_uri") if isinstance(metadata, dict) else None
        # A document that came over TLS must not send us where anybody on the way could change the keys.
        schemes = ("https://",) if self._url.startswith("https://") else ("https://", "http://")
        if not isinstance(url, str) or not url.startswith(schemes):
            raise _BadDocument("no usable jwks_uri")
        return url

    async def _get_json(self, url: str) -> object:
        body = bytearray()
        async with self._session.get(url, allow_redirects=False) as answer:
            if answer.status != HTTPStatus.OK:
                raise _BadDocument(f"{url} answered {answer.status}")
            async for chunk in answer.content.iter_any():
                body += chunk
                if len(body) > MAX_DOCUMENT_BYTES:
                    raise _BadDocument(f"{url} has more than {MAX_DOCUMENT_BYTES} bytes")
        try:
            document: object = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise _BadDocument(f"{url} is not JSON") from error
        return document
