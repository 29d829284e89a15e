"""
Signatures of job systems' requests, and of ours to them.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md. Every form
is checked strictly before anything is compared: lenient base64, for example, would take a truncated
signature for a shorter one.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence

_ID, _TIMESTAMP, _SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"

#: Seconds by which the sender's clock and ours may differ.
TOLERANCE = 300

_MOST_SIGNATURES = 8
_LEAST_BYTES, _MOST_BYTES = 24, 64  # Of a secret.
_PREFIX = "whsec_"

_ID_FORM = re.compile(r"[!-\-/-~]{1,256}")  # Visible ASCII without the dot, which separates.
_TIMESTAMP_FORM = re.compile(r"[0-9]{1,12}", re.ASCII)
_VERSION_1 = re.compile(r"v1,([A-Za-z0-9+/]{43}=)")
_ANY_VERSION = re.compile(r"v[0-9]{1,3}[a-z]?,[A-Za-z0-9+/=_-]{1,200}")


class SignatureRefused(Exception):
    """The request is not signed as it must be; the message says which check failed, nothing of secrets."""


class WebhookSecrets:
    """The secrets of which one must have signed a request. There are two while one replaces the other."""

    def __init__(self, secrets: Sequence[str]) -> None:
        """Take *secrets*, each ``whsec_`` and base64 of 24 to 64 bytes. Raises `ValueError`."""
        self._keys = [_key(secret) for secret in secrets]

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._keys)

    @property
    def keys(self) -> Sequence[bytes]:
        """The bytes of each."""
        return self._keys

    def sign(self, webhook_id: str, timestamp: int, body: bytes) -> str:
        """Return the signatures of a request, one by each secret, as they stand in its header."""
        signed = f"{webhook_id}.{timestamp}.".encode() + body
        made = (hmac.new(key, signed, hashlib.sha256).digest() for key in self._keys)
        return " ".join(f"v1,{base64.b64encode(each).decode()}" for each in made)

    def verify(self, headers: Mapping[str, Sequence[str]], body: bytes, *, now: float) -> str:
        """
        Return the id of a request with *headers*, whose names are in lower case, and this *body*.

        *now* is in seconds since the epoch. Raises `SignatureRefused`.
        """
        webhook_id, timestamp, signatures = (_only(headers, name) for name in (_ID, _TIMESTAMP, _SIGNATURE))
        if not _ID_FORM.fullmatch(webhook_id):
            raise SignatureRefused(f"{_ID} must be 1 to 256 visible ASCII characters without a dot.")
        if not _TIMESTAMP_FORM.fullmatch(timestamp):
            raise SignatureRefused(f"{_TIMESTAMP} must be seconds since the epoch.")
        if abs(now - int(timestamp)) > TOLERANCE:
            raise SignatureRefused(
                f"{_TIMESTAMP} is {timestamp}, but here it is {now:.0f}: more than {TOLERANCE} s apart."
            )
        signed = f"{webhook_id}.{timestamp}.".encode() + body
        given = _signatures(signatures)
        expected = [hmac.new(key, signed, hashlib.sha256).digest() for key in self._keys]
        # All are compared, so that the time does not tell which one came close.
        if not sum(hmac.compare_digest(ours, theirs) for ours in expected for theirs in given):
            raise SignatureRefused(f"No signature in {_SIGNATURE} is valid for this body and these headers.")
        return webhook_id


def _only(headers: Mapping[str, Sequence[str]], name: str) -> str:
    values = headers.get(name, ())
    if len(values) != 1:
        raise SignatureRefused(f"{name} must be there once.")
    return values[0]


def _signatures(text: str) -> list[bytes]:
    parts = text.split(" ")
    if len(parts) > _MOST_SIGNATURES or not all(map(_ANY_VERSION.fullmatch, parts)):
        raise SignatureRefused(
            f"{_SIGNATURE} must be at most {_MOST_SIGNATURES} of v1,<base64>, with one space between."
        )
    return [_decoded(match[1]) for part in parts if (match := _VERSION_1.fullmatch(part))]


def _key(secret: str) -> bytes:
    try:
        key = _decoded(secret.removeprefix(_PREFIX)) if secret.startswith(_PREFIX) else b""
    except (binascii.Error, ValueError, SignatureRefused):
        key = b""
    if not _LEAST_BYTES <= len(key) <= _MOST_BYTES:
        raise ValueError(
            f"a secret must be {_PREFIX} and base64 of {_LEAST_BYTES} to {_MOST_BYTES} random bytes"
        )
    return key


def _decoded(text: str) -> bytes:
    """Return the bytes of base64 *text*; there is one text for the same bytes."""
    found = base64.b64decode(text, validate=True)
    if base64.b64encode(found).decode() != text:
        raise SignatureRefused(f"{_SIGNATURE} is not canonical base64.")
    return found
