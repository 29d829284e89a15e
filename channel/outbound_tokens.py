"""
The bot's own tokens, for what it sends.

* OutboundTokenError
  + TokenUnavailable    no token is available at the moment; another attempt may succeed
  + CredentialRefused   the directory refuses the bot's credentials; carries the `setting` to correct
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from single_flight import SingleFlight

#: Before a token expires it is renewed, in the background. Microsoft's live an hour or more.
RENEW_AHEAD = timedelta(minutes=10)

#: A token with less time left than this is not used: it must still be valid when it arrives.
LAST_USE = timedelta(seconds=30)

#: Pause after a failed attempt, so that waiting messages do not each cause a request.
PAUSE = timedelta(seconds=10)

#: A token younger than this is not thrown away when the connector refuses it: the next would fare no better.
MIN_AGE_TO_FORGET = timedelta(minutes=1)

_log = logging.getLogger(__name__)


class OutboundTokenError(Exception):
    """The bot has no token to send with."""


class TokenUnavailable(OutboundTokenError):
    """Tokens cannot be had at the moment."""


class CredentialRefused(OutboundTokenError):
    """The directory refuses the bot: *setting* is wrong. *code* is the directory's name for it."""

    def __init__(self, setting: str, code: str) -> None:
        super().__init__(f"the directory refuses the bot ({code}): check {setting}")
        self.setting = setting


@dataclass(frozen=True, slots=True)
class FetchedToken:
    value: str
    lifetime: timedelta


class TokenSource(Protocol):
    """Where tokens come from."""

    def fetch(self) -> FetchedToken:
        """Ask for a new token, blocking; raise `OutboundTokenError`."""


@dataclass(frozen=True, slots=True)
class _Held:
    value: str
    fetched_at: datetime
    expires_at: datetime

    @property
    def renew_at(self) -> datetime:
        """Half-way, for a token of short life: it must not be renewed at each send."""
        return self.expires_at - min(RENEW_AHEAD, (self.expires_at - self.fetched_at) / 2)


class OutboundTokens:
    """
    Hands out the bot's token. Without a *source* (authentication is off) there is none.

    However many sends wait, one fetch runs, in a thread, in a task of its own: a send that gives up takes
    nothing from the others. A token in use is renewed ahead of its end, and used to its end when that fails.
    `close` waits no longer for a fetch under way.
    """

    def __init__(
        self,
        source: TokenSource | None,
        *,
        clock: Callable[[], datetime],
        deadline: timedelta = timedelta(seconds=10),
        fetched: Callable[[str], None] = lambda _outcome: None,
    ) -> None:
        """Fetch from *source*; *fetched* is told of each fetch: `ok`, `unavailable` or `refused`."""
        self._clock = clock
        self._fetched_as = fetched
        self._deadline = deadline  # For a caller of `get`.
        self._held: _Held | None = None
        self._failure: OutboundTokenError | None = None
        self._failed_at: datetime | None = None
        self._fetch = (
            None
            if source is None
            else SingleFlight(partial(self._renew, source), name="fetch the bot's token")
        )

    async def get(self) -> str | None:
        """Return a token that lives, `None` when authentication is off; raise `OutboundTokenError`."""
        fetch = self._fetch
        if fetch is None:
            return None
        now = self._clock()
        if self._held is None or self._held.expires_at - now < LAST_USE:
            return await self._fetched(fetch)
        if now >= self._held.renew_at and not self._paused():
            fetch.start()
        return self._held.value

    def forget(self, token: str) -> bool:
        """
        Take note that the connector has refused *token* (401); return whether `get` has another by now.

        One that was fetched just now is kept: another would fare no better.
        """
        held = self._held
        if held and held.value == token:
            if self._clock() - held.fetched_at < MIN_AGE_TO_FORGET:
                return False
            self._held = None
        return True

    async def close(self) -> None:
        """Give up on a fetch under way. Its thread ends by its own timeout."""
        if self._fetch is not None:
            await self._fetch.close()

    async def _fetched(self, fetch: SingleFlight) -> str:
        self._held = None
        if fetch.under_way or not self._paused():
            try:
                async with asyncio.timeout(self._deadline.total_seconds()):
                    await fetch.wait()
            except TimeoutError as error:
                raise TokenUnavailable("no token in time") from error
        if self._held is None:
            raise (self._failure or TokenUnavailable("no token")).with_traceback(None)
        return self._held.value

    def _paused(self) -> bool:
        return self._failed_at is not None and self._clock() - self._failed_at < PAUSE

    async def _renew(self, source: TokenSource) -> None:
        try:
            token = await asyncio.to_thread(source.fetch)
        except OutboundTokenError as error:
            # The frames of its cause would keep the fetch's connection open as long as we keep the failure.
            error.__cause__ = error.__context__ = None
            self._failure, self._failed_at = error.with_traceback(None), self._clock()
            self._fetched_as("refused" if isinstance(error, CredentialRefused) else "unavailable")
            _log.error("Cannot get a token for the bot: %s", error)
            return
        self._fetched_as("ok")
        now = self._clock()
        self._held = _Held(token.value, fetched_at=now, expires_at=now + token.lifetime)
        self._failure = self._failed_at = None
