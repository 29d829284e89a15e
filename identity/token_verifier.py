"""The full check of a bearer token."""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from botframework.connector.auth import ClaimsIdentity

from identity.bearer_token import BearerToken, bearer_text
from identity.errors import IdentityUnavailable, Unauthorized
from identity.open_id_metadata import KeysUnavailable, UnknownKey
from identity.signing_keys import SigningKey
from identity.token_rules import SERVICE_URL_CLAIM, ChannelTokens, DirectoryTokens
from identity.verified_token_cache import VerifiedToken, VerifiedTokenCache

CLOCK_SKEW = timedelta(minutes=5)  #: Allowed difference to the issuer's clock; the Bot Framework's value.


class TokenVerifier:
    """
    Checks tokens by the rules of their issuer.

    Without *directory* (no Emulator, and no job system with its own application) its keys are never fetched.
    """

    def __init__(
        self,
        *,
        channel: ChannelTokens,
        directory: DirectoryTokens | None,
        clock: Callable[[], datetime],
        verified: VerifiedTokenCache,
    ) -> None:
        self._clock = clock
        self._verified = verified
        self._rules: dict[str, ChannelTokens | DirectoryTokens] = {}
        for rule in (directory, channel):
            if rule is not None:
                self._rules |= dict.fromkeys(rule.issuers, rule)

    async def verify(
        self, authorization_headers: Sequence[str], *, channel_id: str, service_url: str
    ) -> ClaimsIdentity:
        """
        Return the caller of an activity with this channel and service URL.

        Raise `AuthError`. The check of the token itself is cached until it expires, for at most an hour, and
        while the issuer lists its key. The match of token and activity is checked each time. The identity has
        a `serviceurl` claim only if a channel vouches for the URL.
        """
        text, now = bearer_text(authorization_headers), self._clock().timestamp()
        token = self._verified.get(text, now)
        if token is None or not self._is_listed(token):
            token = await self._verify_token(BearerToken.read(text), now)
            self._verified.put(text, token)
        rule = self._rules[token.issuer]
        rule.check_activity(token.claims, token.key, channel_id=channel_id, service_url=service_url)
        claims = dict(token.claims)
        if isinstance(rule, DirectoryTokens):
            claims.pop(SERVICE_URL_CLAIM, None)  # An application may add claims of its own.
        return ClaimsIdentity(claims, True)

    def _is_listed(self, token: VerifiedToken) -> bool:
        """Return whether the token's key is the same object as in the most recently fetched document."""
        return self._rules[token.issuer].keys.listed(token.key_id) is token.key

    async def _verify_token(self, bearer: BearerToken, now: float) -> VerifiedToken:
        rule = self._rules.get(bearer.issuer)
        if rule is None:
            raise Unauthorized("the token's issuer is not accepted")
        key = await _find_key(rule, bearer)
        if not key.may_sign_for(bearer.issuer):
            raise Unauthorized("the token's key is for another tenant")
        claims = bearer.verified_claims(key)
        valid_until = _check_times(claims, now)
        rule.check_claims(claims)
        return VerifiedToken(claims, key, bearer.key_id, bearer.issuer, valid_until)


async def _find_key(rule: ChannelTokens | DirectoryTokens, bearer: BearerToken) -> SigningKey:
    try:
        return await rule.keys.get(bearer.key_id)
    except UnknownKey as error:
        raise Unauthorized("the token's issuer has no such key") from error
    except KeysUnavailable as error:
        raise IdentityUnavailable("the issuer's keys are unavailable", error.retry_after) from error


def _check_times(claims: Mapping[str, object], now: float) -> float:
    """Return when the token expires, clock skew included; raise `Unauthorized` if it is not valid now."""
    skew = CLOCK_SKEW.total_seconds()
    expires = _seconds(claims.get("exp"))
    if expires is None:
        raise Unauthorized("the token does not say when it expires")
    if expires + skew <= now:
        raise Unauthorized("the token has expired")
    if "nbf" in claims:
        begins = _seconds(claims["nbf"])
        if begins is None or begins - skew > now:
            raise Unauthorized("the token is not valid yet")
    return expires + skew


def _seconds(value: object) -> float | None:
    """Return *value* if it is a valid NumericDate (RFC 7519), else None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        seconds = float(value)
    except OverflowError:
        return None
    return seconds if math.isfinite(seconds) else None
