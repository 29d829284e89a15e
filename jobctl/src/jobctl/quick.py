"""
Create a job before a command starts, by the standard library alone.

Importing an HTTP client such as aiohttp's takes longer than this whole request, and the command waits for it.
"""

import json
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit


def create_quickly(
    url: str, token: str | None, *, title: str | None, external_id: str, timeout: float, trace: str
) -> int | None:
    """Return the number of the new job; None if the bot does not create it within *timeout* seconds."""
    where = urlsplit(url)
    kind = HTTPSConnection if where.scheme == "https" else HTTPConnection
    connection = kind(where.netloc, timeout=timeout)
    headers = {"Content-Type": "application/json", "traceparent": trace}
    headers |= {"Authorization": f"Bearer {token}"} if token else {}
    body = {"externalId": external_id} | ({"title": title} if title else {})
    try:
        connection.request("POST", f"{where.path}/api/jobs", json.dumps(body), headers)
        answer = connection.getresponse()
        return int(json.loads(answer.read())["jobId"]) if answer.status < 300 else None
    except (OSError, HTTPException, ValueError, KeyError):
        return None
    finally:
        connection.close()
