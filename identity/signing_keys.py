"""The public keys that an issuer signs its tokens with, read from its key document."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

#: Bits of a modulus. Fewer can be broken; more would make each check slow.
MIN_KEY_BITS, MAX_KEY_BITS = 2048, 8192

MAX_KEYS = 200  #: Read from one document. Microsoft's have about 20.

_TENANT_PLACEHOLDER = "{tenantid}"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key and what its document says about it. The SDK's extractor reads the first two fields."""

    public_key: RSAPublicKey
    endorsements: frozenset[str] = frozenset()  #: The channels that it may sign for.
    issuer: str | None = None  #: The issuer whose tokens it may sign, if the document names one.

    def may_sign_for(self, issuer: str) -> bool:
        """
        Return whether this key may sign tokens of *issuer*.

        The document for all tenants also lists keys for a single tenant, such as the tenant of private
        accounts; a token of another tenant signed with such a key is forged. The issuer of version 1 tokens
        has another host, so only the tenants are compared.

        Source: https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-the-signing-key-issuer
        """
        if self.issuer is None or _TENANT_PLACEHOLDER in self.issuer:
            return True
        return _tenant(self.issuer) == _tenant(issuer)


def read_key_document(document: object) -> Mapping[str, SigningKey]:
    """
    Return the usable keys of *document* (a JWK set) by their ids.

    A key that is not RSA, too small, too large, malformed or has a repeated id is skipped: one bad entry must
    not make the others unusable. A document that is not a JWK set has no keys.
    """
    entries = document.get("keys") if isinstance(document, dict) else None
    keys: dict[str, SigningKey] = {}
    for entry in (entries if isinstance(entries, list) else [])[:MAX_KEYS]:
        if not isinstance(entry, dict):
            continue
        key_id, key = entry.get("kid"), _read_key(entry)
        if key is not None and isinstance(key_id, str):
            keys.setdefault(key_id, key)
    return keys


def _read_key(entry: Mapping[str, object]) -> SigningKey | None:
    if entry.get("kty") != "RSA" or entry.get("use", "sig") != "sig":
        return None
    modulus, exponent = _number(entry.get("n")), _number(entry.get("e"))
    if not MIN_KEY_BITS <= modulus.bit_length() <= MAX_KEY_BITS or modulus % 2 == 0:
        return None
    if not 3 <= exponent < 2**32 or exponent % 2 == 0:
        return None
    endorsements, issuer = entry.get("endorsements"), entry.get("issuer")
    return SigningKey(
        public_key=RSAPublicNumbers(exponent, modulus).public_key(),
        endorsements=frozenset(
            channel
            for channel in (endorsements if isinstance(endorsements, list) else [])
            if isinstance(channel, str)
        ),
        issuer=issuer if isinstance(issuer, str) else None,
    )


def _number(text: object) -> int:
    """Decode *text* (base64url, big-endian) to a number; return 0 if it is invalid."""
    if not isinstance(text, str) or len(text) > MAX_KEY_BITS // 6 + 4:
        return 0
    try:
        return int.from_bytes(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        return 0


def _tenant(issuer: str) -> str:
    return urlsplit(issuer).path.strip("/").split("/")[0]
