"""What both stores say of job systems' webhooks in the same way."""

import orjson

from jobs.notice import NoticeKind

#: Lanes that one statement makes due, so that turns come in between.
DRAINED_TOGETHER = 500


def webhook_address(webhook: str) -> str:
    """
    Return what stands in a lane's `service_url`: all lanes of one job system share the limits of one host.

    The URL itself is a setting, which may change while events wait.
    """
    return f"https://{webhook}.webhook.invalid/"


def cancel_body(asked_by: str) -> str:
    """Return the body of the event that says who wants a job to be cancelled."""
    return orjson.dumps({"askedBy": asked_by}).decode()


def event_body(reason: str | None) -> str | None:
    """Return the body of an event that has a *reason*."""
    return None if reason is None else orjson.dumps({"reason": reason}).decode()


def overdue_body(kind: NoticeKind, body: str) -> str:
    """Return the body of the event that says what a notice of *kind* tells people."""
    return orjson.dumps({"what": kind.value, **orjson.loads(body)}).decode()
