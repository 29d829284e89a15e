"""Find a bearer token in the headers, parse it, and check its signature."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import jwt
from botframework.connector.auth import AuthenticationConstants
from jwt.types import Options

from identity.errors import Unauthorized
from identity.signing_keys import SigningKey

MAX_TOKEN_CHARACTERS = 16 * 1024  #: Channels' tokens have about 1,000.

#: The scheme in any case (RFC 9110, section 11.1), then a JWS in compact form.
_BEARER = re.compile(r"(?i:bearer) +([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+) *")

#: For the log: the first error that a developer sees after setting an app id.
_NO_HEADER = (
    "it has no Authorization header. MicrosoftAppId is set, so each request needs a bearer token: give the"
    " Emulator or the Playground the bot's app id and password; let a job system get a token as an app of its"
    " own, named in JOB_SYSTEM_APP_IDS"
)

#: `TokenVerifier` checks the claims, with the clock that it is given.
_SIGNATURE_ONLY: Options = {
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}


def bearer_text(authorization_headers: Sequence[str]) -> str:
    """Return the token in the `Authorization` header; raise `Unauthorized` unless there is exactly one."""
    if not authorization_headers:
        raise Unauthorized(_NO_HEADER)
    if len(authorization_headers) > 1:
        raise Unauthorized(f"{len(authorization_headers)} Authorization headers")
    match = _BEARER.fullmatch(authorization_headers[0])
    if match is None or len(match[1]) > MAX_TOKEN_CHARACTERS:
        raise Unauthorized("the Authorization header holds no bearer token")
    return match[1]


@dataclass(frozen=True, slots=True)
class BearerToken:
    """An unverified token: enough to find its key. Do not trust its contents."""

    text: str
    key_id: str
    issuer: str

    @classmethod
    def read(cls, text: str) -> Self:
        """Parse *text*; raise `Unauthorized` if it is not a token, or does not name its key and issuer."""
        try:
            token = jwt.decode_complete(text, options={"verify_signature": False})
        except (jwt.InvalidTokenError, RecursionError) as error:
            raise Unauthorized("the token cannot be read") from error
        key_id, issuer = token["header"].get("kid"), token["payload"].get("iss")
        if not isinstance(key_id, str) or not key_id:
            raise Unauthorized("the token names no key")
        if not isinstance(issuer, str):
            raise Unauthorized("the token names no issuer")
        return cls(text, key_id, issuer)

    def verified_claims(self, key: SigningKey) -> Mapping[str, object]:
        """Return the claims; raise `Unauthorized` unless *key* has signed them."""
        try:
            claims: Mapping[str, object] = jwt.decode(
                self.text,
                key.public_key,
                algorithms=AuthenticationConstants.ALLOWED_SIGNING_ALGORITHMS,
                options=_SIGNATURE_ONLY,
            )
        except jwt.InvalidTokenError as error:
            raise Unauthorized(f"the signature does not hold: {error}") from error
        return claims
