"""
Translate a connector's HTTP response into the outcome of a send.

Sources: the status codes of the Bot Framework's connector,
https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference#http-status-codes
and those of Microsoft Teams, with what to do about each,
https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/conversation-messages#status-codes-from-bot-conversational-apis
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from delivery.errors import Blocked, DeliveryError, Doubtful, Rejected, Throttled, Unavailable

#: Error codes of a 403 that a person can undo. The bot then receives an activity and may send again.
BLOCKED_CODES = frozenset(
    {
        "ConversationBlockedByUser",
        "BotNotInConversationRoster",
        "BotDisabledByAdmin",
        # Blocked or uninstalled; sent as a `subCode` inside the message.
        # https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/send-proactive-messages#understand-who-blocked-muted-or-uninstalled-a-bot
        "MessageWritesBlocked",
        # The app is not installed in the user's personal scope (same page).
        "ForbiddenOperationException",
    }
)

#: Error codes with which the connector refuses a message for ever: the same request gets the same answer.
FINAL_CODES = frozenset(
    {
        "BadArgument",
        "BadSyntax",
        "MissingProperty",
        "MessageSizeTooBig",
        "NotEnoughPermissions",
    }
)

#: Maximum Retry-After: no published rate limit has a window of more than an hour.
RETRY_AFTER_CAP = timedelta(hours=1)

_LATER = (401, 408, 412)

BODY_LENGTH = 64 * 1024  # Bytes of an error's body that are read.

_SECONDS = r"\d+(\.\d+)?"

_SUB_CODE = re.compile(r'"subCode"\s*:\s*"(\w+)"')


def verdict(
    status: int, headers: Mapping[str, str], body: bytes | str, *, now: datetime
) -> DeliveryError | None:
    """
    Return the error, or None if the message was delivered.

    | status | outcome |
    | --- | --- |
    | 2xx, whatever the body | delivered |
    | 429 | `Throttled` |
    | 401, 408, 412, 5xx | `Unavailable`; 401 is like having no token |
    | 403 with a code of `BLOCKED_CODES` | `Blocked` |
    | 404 | `Doubtful`, whatever its code |
    | any other, with a code of `FINAL_CODES` | `Rejected` |
    | any other: redirects, which are never followed, 403, 407, 409, 423, 425, a gateway's HTML | `Doubtful` |
    """
    if 200 <= status < 300:
        return None
    code, detail = _explanation(body)
    if status == 429:
        return Throttled(detail, status=status, code=code, retry_after=retry_after(headers, now=now))
    if status in _LATER or status >= 500:
        return Unavailable(detail, status=status, code=code, retry_after=retry_after(headers, now=now))
    if status == 403 and code in BLOCKED_CODES:
        return Blocked(detail, status=status, code=code)
    final = status != 404 and code in FINAL_CODES
    return (Rejected if final else Doubtful)(detail, status=status, code=code)


def retry_after(headers: Mapping[str, str], *, now: datetime) -> timedelta | None:
    """
    Return how long the channel asks to wait, at most `RETRY_AFTER_CAP`; None without a valid Retry-After.

    A date is compared with the response's ``Date``, so that an error of the local clock does not matter.
    """
    values = {name.lower(): value.strip() for name, value in headers.items()}
    asked = _one_of_several(values.get("retry-after", ""))
    if re.fullmatch(_SECONDS, asked, re.ASCII):
        return timedelta(seconds=min(float(asked), RETRY_AFTER_CAP.total_seconds()))
    until = _http_date(asked)
    if until is None:
        return None
    wait = until - (_http_date(values.get("date", "")) or now)
    return min(wait, RETRY_AFTER_CAP) if wait >= timedelta() else None


def _one_of_several(value: str) -> str:
    """Return the longest of the waits in a header that was sent twice, such as ``8, 8``; else *value*."""
    several = [each.strip() for each in value.split(",")]
    if len(several) > 1 and all(re.fullmatch(_SECONDS, each, re.ASCII) for each in several):
        return max(several, key=float)
    return value


def _http_date(value: str) -> datetime | None:
    try:
        instant = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)  # RFC 9110: always in UTC.


def _explanation(body: bytes | str) -> tuple[str | None, str]:
    """
    Return code and detail of an error's *body*.

    The Bot Framework sends ``{"error": {"code": …, "message": …}}``. Teams also sends ``{"errorCode": 209,
    "message": …}``, where the message is itself JSON with a more specific ``subCode``. Anything else, such as
    a gateway's HTML, is a detail without a code.
    """
    head = body[:BODY_LENGTH]
    text = head.decode("utf-8", "replace") if isinstance(head, bytes) else head
    try:
        parsed: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None, text
    error = parsed.get("error", parsed) if isinstance(parsed, dict) else None
    if not isinstance(error, dict):
        return (error, text) if isinstance(error, str) else (None, text)
    code, message = error.get("code", error.get("errorCode")), error.get("message")
    detail = message if isinstance(message, str) else text
    if code not in BLOCKED_CODES and (sub_code := _SUB_CODE.search(detail)):
        code = sub_code[1]
    return (str(code) if isinstance(code, str | int) else None), detail
