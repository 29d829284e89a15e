"""A cache of verified tokens: a channel sends the same token for an hour."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from identity.signing_keys import SigningKey
from lru_map import LruMap

#: After this time a token is checked in full again, however long it is valid.
REMEMBERED_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """The claims of a token, and the key that signed them. Do not modify the claims."""

    claims: Mapping[str, object]
    key: SigningKey
    key_id: str
    issuer: str
    valid_until: float  #: Seconds since the epoch.


class VerifiedTokenCache:
    """
    An LRU cache of *size* verified tokens, by digest: the tokens themselves are not kept.

    *monotonic* returns seconds that never go back, so that a clock set back does not keep a token longer.
    """

    def __init__(self, size: int = 1000, *, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._tokens: LruMap[bytes, tuple[VerifiedToken, float]] = LruMap(size)

    def get(self, text: str, now: float) -> VerifiedToken | None:
        """Return the entry for *text*, unless it is older than `REMEMBERED_FOR` or expired by *now*."""
        digest = _digest(text)
        found = self._tokens.get(digest)
        if found is None:
            return None
        token, forget_at = found
        if token.valid_until <= now or forget_at <= self._monotonic():
            self._tokens.drop(digest)
            return None
        return token

    def put(self, text: str, token: VerifiedToken) -> None:
        self._tokens.put(_digest(text), (token, self._monotonic() + REMEMBERED_FOR.total_seconds()))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
