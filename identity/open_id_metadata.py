"""
An issuer's keys, fetched and kept.

* KeysError
  + UnknownKey       the issuer has been asked and has no such key
  + KeysUnavailable  the issuer cannot be asked now, and no key that we have will do; carries `retry_after`
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from http import HTTPStatus

import aiohttp
import orjson

from identity.lookup_budget import LookupBudget
from identity.signing_keys import SigningKey, read_key_document
from single_flight import SingleFlight

#: A withdrawn key stops working within this time, as long as the issuer can be asked.
REFRESH_AFTER = timedelta(hours=1)

#: Keys this old are not used before another attempt to renew them. The SDK's own figure.
STALE_AFTER = timedelta(hours=24)

#: Limit on look-ups of unknown key ids, which callers can make up: a burst, and one more after each `REFILL`.
#: Within that time a key that the issuer has just begun to use is known.
BURST, REFILL = 4, timedelta(seconds=15)

#: After a failed attempt. Callers meanwhile hear that the keys cannot be had.
PAUSE_AFTER_FAILURE = timedelta(seconds=5)

MAX_DOCUMENT_BYTES = 1024 * 1024  #: Of each document. Microsoft's have less than 100 KB.

_log = logging.getLogger(__name__)


class KeysError(Exception):
    """There is no key to check a token with."""


class UnknownKey(KeysError):
    """The issuer has no such key."""


class KeysUnavailable(KeysError):
    """The issuer could not be asked, or must not be asked so soon again."""

    def __init__(self, url: str, retry_after: timedelta) -> None:
        super().__init__(url)
        self.retry_after = retry_after


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
        monotonic: Callable[[], float],
        timeout: timedelta = timedelta(seconds=5),
    ) -> None:
        """Fetch on *session*; *monotonic* returns seconds that never go back."""
        self._url = url
        self._session = session
        self._monotonic = monotonic
        self._timeout = timeout  # For both documents together.
        self._budget = LookupBudget(burst=BURST, refill=REFILL, monotonic=monotonic)
        self._keys: Mapping[str, SigningKey] = {}
        self._fetched_at: float | None = None
        self._failed_at: float | None = None  # None after an attempt that succeeded.
        self._fetch = SingleFlight(self._renew_keys, name=f"fetch keys of {url}")

    async def get(self, key_id: str) -> SigningKey:
        """Return the key, waiting for a fetch only if it may bring what we lack; raise `KeysError`."""
        asked = False
        if self._older_than(STALE_AFTER):
            asked = await self._look_up()
        else:
            self._renew_in_time()
        if key_id not in self._keys and not asked:
            asked = await self._look_up()
        if key_id in self._keys:
            return self._keys[key_id]
        # Where the issuer was not asked just now, its newest key would look like one that is made up.
        raise UnknownKey(self._url) if asked else KeysUnavailable(self._url, self._until_next_attempt())

    def listed(self, key_id: str) -> SigningKey | None:
        """
        Return the key if the document at hand lists it, without waiting.

        None, too, where `get` would ask the issuer first. Keys that are due are renewed in the background.
        """
        if self._older_than(STALE_AFTER):
            return None
        self._renew_in_time()
        return self._keys.get(key_id)

    async def close(self) -> None:
        """Give up a fetch under way."""
        await self._fetch.close()

    def _older_than(self, age: timedelta) -> bool:
        return self._fetched_at is not None and self._monotonic() - self._fetched_at >= age.total_seconds()

    def _renew_in_time(self) -> None:
        if self._older_than(REFRESH_AFTER) and not self._fetch.under_way and self._may_ask():
            self._fetch.start()  # In the background: the keys at hand still serve.

    async def _look_up(self) -> bool:
        """Ask the issuer, or wait for who does; return whether it answered."""
        if not self._fetch.under_way and not self._may_ask():
            return False
        await self._fetch.wait()
        return self._failed_at is None

    def _may_ask(self) -> bool:
        """Say whether an attempt may be made now, and count it. Without keys no one gets in: then sooner."""
        return not self._pause_after_failure() and (not self._keys or self._budget.take())

    def _pause_after_failure(self) -> timedelta:
        if self._failed_at is None:
            return timedelta()
        pause = self._failed_at + PAUSE_AFTER_FAILURE.total_seconds() - self._monotonic()
        return timedelta(seconds=max(0.0, pause))

    def _until_next_attempt(self) -> timedelta:
        pause = self._pause_after_failure()
        return max(pause, self._budget.until_next()) if self._keys else pause

    async def _renew_keys(self) -> None:
        asked_at = self._monotonic()
        try:
            async with asyncio.timeout(self._timeout.total_seconds()):
                keys = read_key_document(await self._get_json(await self._key_document_url()))
            if not keys:
                raise _BadDocument("no usable key")
        # UnicodeError: a host that no resolver is asked for, such as one of a name that is too long.
        except (aiohttp.ClientError, TimeoutError, UnicodeError, _BadDocument) as error:
            self._failed_at = self._monotonic()
            _log.warning("Cannot renew the keys of %s: %s", self._url, str(error) or type(error).__name__)
            return
        # A key that has not changed stays the same object: what it has verified need not be verified again.
        self._keys = {key_id: _same(self._keys.get(key_id), key) for key_id, key in keys.items()}
        self._fetched_at, self._failed_at = asked_at, None

    async def _key_document_url(self) -> str:
        metadata = await self._get_json(self._url)
        url = metadata.get("jwks_uri") if isinstance(metadata, dict) else None
        # A document fetched over TLS must not refer to an address where an attacker could change the keys.
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


def _same(before: SigningKey | None, now: SigningKey) -> SigningKey:
    return before if before is not None and before == now else now
