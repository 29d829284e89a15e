"""Reports, and the three ways in which they reach the bot: signed, with a token, or as event activities."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self
from uuid import uuid4

from jobctl.connection import Connection, Refused
from jobctl.entra import EntraTokens
from jobctl.output import LOG_TAIL
from jobctl.settings import Settings
from jobctl.signing import signed_headers

#: The event activity of each kind of report, and the state of a job after it.
_EVENTS = {
    "started": ("jobStarted", "running"),
    "progress": ("jobProgress", "running"),
    "heartbeat": ("jobHeartbeat", "running"),
    "succeeded": ("jobComplete", "succeeded"),
    "failed": ("jobFailed", "failed"),
    "cancelled": ("jobCancelled", "cancelled"),
}

_COUNTS = {"completed", "failed", "cancelled", "noted"}  #: Results of events that count.


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """A report, ready to be sent, and to be sent again: it has its id."""

    job: int
    kind: str  #: started, progress, heartbeat, succeeded, failed, cancelled.
    content: Mapping[str, Any]
    id: str

    @classmethod
    def new(cls, job: int, kind: str, **content: Any) -> Self:
        """Return a report with a new id; content that is None is left out."""
        given = {name: value for name, value in content.items() if value is not None}
        if "logTail" in given:
            given["logTail"] = given["logTail"][-LOG_TAIL:]
        return cls(job=job, kind=kind, content=given, id=f"jobctl_{uuid4().hex}")


class Reporter(Protocol):
    """A way in which reports reach the bot."""

    async def send(self, report: Report) -> dict[str, Any]:
        """Send *report*; return the receipt. Raises `Refused` and `Unreachable`."""


def reporter(settings: Settings, connection: Connection) -> Reporter:
    """Return the way that *settings* ask for."""
    if settings.activities:
        tokens = EntraTokens(settings.credentials, connection) if settings.credentials else None
        return _ByActivity(connection, tokens)
    return _Signed(connection, settings.secret) if settings.secret else _WithToken(connection)


class _WithToken:
    """To the address of the job's reports, with the token of the API or of the job."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def send(self, report: Report) -> dict[str, Any]:
        url = f"/api/jobs/{report.job}/report/{report.kind}"
        return await self._connection.ask("POST", url, json=dict(report.content))


class _Signed:
    """To the endpoint for signed reports."""

    def __init__(self, connection: Connection, secret: str) -> None:
        self._connection = connection
        self._secret = secret

    async def send(self, report: Report) -> dict[str, Any]:
        said = {"type": f"job.{report.kind}", "data": {"jobId": report.job, **report.content}}
        body = json.dumps(said).encode()
        headers = {"Content-Type": "application/json", **signed_headers(self._secret, report.id, body)}
        return await self._connection.ask("POST", "/api/job-events", data=body, headers=headers, bearer=False)


class _ByActivity:
    """
    To `/api/messages`, as an event activity of the Bot Framework.

    A bot without authentication takes them from its own machine. Otherwise the caller is an application that
    the bot names in `JOB_SYSTEM_APP_IDS`, with a token of Microsoft Entra ID.
    """

    def __init__(self, connection: Connection, tokens: EntraTokens | None) -> None:
        self._connection = connection
        self._tokens = tokens

    async def send(self, report: Report) -> dict[str, Any]:
        event, state = _EVENTS[report.kind]
        activity = {
            "type": "event",
            "name": event,
            "value": {"jobId": report.job, **report.content},
            "id": report.id,
            "channelId": "jobctl",
            "deliveryMode": "expectReplies",  # The receipt is the whole answer: there is no service URL.
            "conversation": {"id": "jobctl"},
        }
        headers = {"Authorization": f"Bearer {await self._tokens.token()}"} if self._tokens else {}
        said = await self._connection.ask(
            "POST", "/api/messages", json=activity, headers=headers, bearer=False
        )
        if said.get("result") not in _COUNTS:
            status = 404 if said.get("result") == "unknown job" else 409
            raise Refused(status, str(said.get("detail") or "the bot says nothing about the report"))
        cancel = bool(said.get("cancelRequested"))
        return {"jobId": report.job, "state": state, "cancelRequested": cancel, "notices": []}
