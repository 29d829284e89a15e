"""
Sign reports.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hashlib
import hmac
import time

from jobctl.settings import SettingsError

_PREFIX = "whsec_"


def signed_headers(secret: str, webhook_id: str, body: bytes, *, now: float | None = None) -> dict[str, str]:
    """Return the headers that sign *body*; *now* is in seconds since the epoch. Raises `SettingsError`."""
    timestamp = str(int(time.time() if now is None else now))
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    code = base64.b64encode(hmac.new(_key(secret), signed, hashlib.sha256).digest()).decode()
    return {"webhook-id": webhook_id, "webhook-timestamp": timestamp, "webhook-signature": f"v1,{code}"}


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(_PREFIX) or not 24 <= len(key) <= 64:
        raise SettingsError("the secret must be whsec_ and base64 of 24 to 64 bytes, as the bot has it")
    return key
