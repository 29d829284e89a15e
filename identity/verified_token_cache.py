"""Remembers tokens whose signature and claims have been checked: a channel sends the same one for an hour."""

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from identity.signing_keys import SigningKey


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """The claims of a token, and the key that signed them. Nobody changes either."""

    claims: Mapping[str, object]
    key: SigningKey
    issuer: str
    valid_until: float  #: Seconds since the epoch.


class VerifiedTokenCache:
    """The last *size* verified tokens that were used, by digest: the tokens themselves are not kept."""

    def __init__(self, size: int = 1000) -> None:
        self._size = size
        self._tokens: OrderedDict[bytes, VerifiedToken] = OrderedDict()

    def get(self, text: str, now: float) -> VerifiedToken | None:
        digest = _digest(text)
        token = self._tokens.get(digest)
        if token is None:
            return None
        if token.valid_until <= now:
            del self._tokens[digest]
            return None
        self._tokens.move_to_end(digest)
        return token

    def put(self, text: str, token: VerifiedToken) -> None:
        self._tokens[_digest(text)] = token
        if len(self._tokens) > self._size:
            self._tokens.popitem(last=False)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
