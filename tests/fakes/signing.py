"""Sign reports as a job system does, written from the specification of Standard Webhooks alone."""

import base64
import hashlib
import hmac
import time

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()


def signature(webhook_id: str, timestamp: int | str, body: bytes, *, key: bytes = KEY) -> str:
    """Return one signature of the version ``v1``."""
    mac = hmac.new(key, f"{webhook_id}.{timestamp}.".encode() + body, hashlib.sha256)
    return "v1," + base64.b64encode(mac.digest()).decode()


def signed(
    body: bytes, webhook_id: str = "msg_1", *, at: float | None = None, key: bytes = KEY
) -> dict[str, str]:
    """Return the headers of a request with *body*; *at* is in seconds since the epoch, by default now."""
    timestamp = int(time.time() if at is None else at)
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(webhook_id, timestamp, body, key=key),
    }
