"""Mints each kind of token that a bot may meet, the wrong ones too."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

APP_ID = "11111111-aaaa-4aaa-8aaa-111111111111"
TENANT = "22222222-bbbb-4bbb-8bbb-222222222222"
JOB_SYSTEM = "33333333-cccc-4ccc-8ccc-333333333333"
STRANGER = "44444444-dddd-4ddd-8ddd-444444444444"
SERVICE_URL = "https://smba.trafficmanager.net/teams/"
CHANNEL_ISSUER = "https://api.botframework.com"
GOVERNMENT_ISSUER = "https://api.botframework.us"
BOT_FRAMEWORK_TENANT = "d6d49420-f39b-4df7-a1dc-d59a935871db"


@cache
def rsa_key(_name: str, bits: int = 2048) -> RSAPrivateKey:
    """One key pair a name, made once: making one takes a tenth of a second."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def issuer_v1(tenant: str) -> str:
    return f"https://sts.windows.net/{tenant}/"


def issuer_v2(tenant: str) -> str:
    return f"https://login.microsoftonline.com/{tenant}/v2.0"


def public_jwk(key_id: str, **more: Any) -> dict[str, Any]:
    """The entry of `rsa_key(key_id)` in a key document."""
    jwk = jwt.algorithms.RSAAlgorithm.to_jwk(rsa_key(key_id).public_key(), as_dict=True)
    return {"kty": "RSA", "use": "sig", "kid": key_id, "n": jwk["n"], "e": jwk["e"]} | more


def unsigned(claims: Mapping[str, Any], algorithm: str = "none", key_id: str = "channel") -> str:
    """A token without a signature that says it has, or needs, none."""
    return f"{_part({'alg': algorithm, 'kid': key_id, 'typ': 'JWT'})}.{_part(claims)}."


def signed_with_public_key(claims: Mapping[str, Any], key_id: str = "channel") -> str:
    """HS256 with the public key as its secret: what a verifier that believes the header would accept."""
    secret = rsa_key(key_id).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    text = f"{_part({'alg': 'HS256', 'kid': key_id, 'typ': 'JWT'})}.{_part(claims)}"
    return f"{text}.{_base64(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"


def _part(document: Mapping[str, Any]) -> str:
    return _base64(json.dumps(document).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass(frozen=True)
class TokenMint:
    """
    Mints tokens at *now*, valid for an hour. A claim or header given as `None` is left out.

    *signer* names the key that signs, *kid* the key that the token says it is signed with.
    """

    now: datetime

    def channel(self, **changes: Any) -> str:
        """What the Bot Connector sends along with a user's message."""
        return self.sign(self.channel_claims() | changes, signer="channel")

    def channel_claims(self) -> dict[str, Any]:
        return self._times() | {"iss": CHANNEL_ISSUER, "aud": APP_ID, "serviceurl": SERVICE_URL}

    def emulator(self, version: str = "2.0", **changes: Any) -> str:
        """What the Emulator gets with the bot's own id and password."""
        return self.application(APP_ID, version, **changes)

    def application(self, app_id: str, version: str = "2.0", **changes: Any) -> str:
        """What an application gets to call the bot with."""
        issuer = issuer_v1 if version == "1.0" else issuer_v2
        claims = self._times() | {
            "iss": issuer(BOT_FRAMEWORK_TENANT),
            "aud": APP_ID,
            "ver": version,
            "appid" if version == "1.0" else "azp": app_id,
        }
        return self.sign(claims | changes, signer="directory")

    def sign(
        self,
        claims: Mapping[str, Any],
        *,
        signer: str,
        kid: str | None = "",
        algorithm: str = "RS256",
        headers: Mapping[str, Any] | None = None,
    ) -> str:
        key_id = {"kid": signer if kid == "" else kid} if kid is not None else {}
        return jwt.api_jws.encode(
            json.dumps({name: value for name, value in claims.items() if value is not None}).encode(),
            rsa_key(signer),
            algorithm=algorithm,
            headers=key_id | dict(headers or {}),
        )

    def _times(self) -> dict[str, Any]:
        seconds = int(self.now.timestamp())
        return {"iat": seconds, "nbf": seconds, "exp": seconds + 3600}
