"""
The events that job systems get.

The form is that of Standard Webhooks: https://www.standardwebhooks.com
"""

from typing import Any

import orjson

from identity.report_tokens import ReportTokens
from jobs.job import JobId
from jobs.notice import Notice, NoticeKind

#: Where a job's reports go, below the public URL.
REPORT_PATH = "/api/jobs/{}/report"


class EventWriter:
    """Writes the body of an event from a notice in the outbox."""

    def __init__(self, tokens: ReportTokens, public_url: str) -> None:
        """Give *tokens* to job systems, for reports to *public_url*, which has no slash at its end."""
        self._tokens = tokens
        self._public_url = public_url

    def body(self, notice: Notice) -> bytes:
        """Return the event as JSON."""
        data: dict[str, Any] = {"jobId": notice.job_id, "title": notice.title}
        if notice.kind is NoticeKind.JOB_CREATED:
            data["requestedBy"] = _requester(notice.reference)
            data["report"] = self.report_address(notice.job_id)
        data |= orjson.loads(notice.body) if notice.body else {}
        event = {"type": notice.kind.value, "timestamp": notice.created_at, "data": data}
        return orjson.dumps(event)

    def report_address(self, job_id: JobId) -> dict[str, str]:
        """Return where to report on a job, and the token for that; without any secret there is none."""
        address = {"url": self._public_url + REPORT_PATH.format(job_id)}
        return address | ({"token": self._tokens.token(job_id)} if self._tokens else {})


def event_id(notice: Notice) -> str:
    """Return the `webhook-id` of an event: the same at each attempt, and unlike that of any other event."""
    kind = notice.kind.value.replace(".", "_")
    return f"{kind}_{notice.job_id}_{round(notice.created_at.timestamp() * 1_000_000)}"


def _requester(reference: str) -> dict[str, str | None]:
    user = orjson.loads(reference).get("user") or {} if reference else {}
    return {"id": user.get("id"), "name": user.get("name")}
