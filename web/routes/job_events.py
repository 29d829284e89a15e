"""`POST /api/job-events`: where job systems report, with signed requests."""

import logging
import time
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import orjson
from aiohttp import web
from pydantic import ValidationError

from identity.webhook_signatures import SignatureRefused, WebhookSecrets
from jobs.changes import ReportResult
from jobs.job import JobId, JobReport, parse_job_id
from jobs.reports import ReportContent
from jobs.service import JobService
from jobs.transitions import ReportKind
from state.errors import StoreUnavailable
from web.intake.admission import Admission
from web.intake.body import read_body
from web.intake.idempotency import Idempotency
from web.intake.json_size import require_bounded
from web.server.problems import Problem
from web.server.runner import expect_anything

PATH = "/api/job-events"

#: Bytes of a request's body. Standard Webhooks recommends to stay under 20 kB.
_LARGEST = 64 * 1024

_BODY_DEADLINE = timedelta(seconds=10)
_RETRY_AFTER = timedelta(seconds=5)

#: What comes before the kind of a report in `type`; job systems may leave it out.
_PREFIX = "job."

_CLOUD_EVENT = "application/cloudevents+json"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class JobEventParts:
    """The parts that take a report."""

    jobs: JobService
    secrets: WebhookSecrets
    idempotency: Idempotency
    admission: Admission


PARTS = web.AppKey("job event parts", JobEventParts)

routes = web.RouteTableDef()


@routes.post(PATH, expect_handler=expect_anything)
async def receive(request: web.Request) -> web.Response:
    """
    Record a report, once for each `webhook-id`.

    Answers 202 with a receipt, 404 for an unknown job and 409 for a job that has ended. The same request gets
    the same answer for four days.
    """
    parts = request.app[PARTS]
    if not parts.secrets:
        raise Problem(HTTPStatus.NOT_FOUND, "Signed reports are off: set JOB_SYSTEM_SECRETS.")
    with parts.admission.request(min(request.content_length or _LARGEST, _LARGEST)) as visit:
        reading = read_body(
            request, limit=_LARGEST, deadline=_BODY_DEADLINE, inflating=parts.admission.large_body()
        )
        body = await parts.admission.read(visit, reading)
    headers = {name.lower(): request.headers.getall(name) for name in request.headers}
    try:
        webhook_id = parts.secrets.verify(headers, body, now=time.time())
    except SignatureRefused as error:
        _log.warning("Refused a report from %s: %s", request.remote, error)
        raise Problem(HTTPStatus.UNAUTHORIZED, str(error), challenge="Webhook-Signature") from error

    async def run() -> tuple[HTTPStatus, str]:
        return await _record(parts.jobs, webhook_id, _read(request, body))

    try:
        status, said = await parts.idempotency.answer(webhook_id, body, run)
    except StoreUnavailable as error:
        _log.warning("The job log is not available: %s", error)
        detail = "The job log is not available."
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, retry_after=_RETRY_AFTER) from error
    kind = "application/json" if status is HTTPStatus.ACCEPTED else "application/problem+json"
    return web.Response(status=status, text=said, content_type=kind)


@dataclass(frozen=True, slots=True)
class _Event:
    kind: ReportKind
    job_id: JobId
    content: str | None


def _read(request: web.Request, body: bytes) -> _Event:
    """Return the event in *body*; of a CloudEvent in binary mode, the type is in a header."""
    document = _document(request, body)
    data, pointer = document.get("data"), "/data"
    name = document.get("type")
    if "ce-type" in request.headers:
        data, pointer, name = document, "", request.headers["ce-type"]
    errors: dict[str, str] = {}
    try:
        kind = ReportKind(str(name).removeprefix(_PREFIX))
    except ValueError:
        errors["/type"] = f"must be one of {', '.join(_PREFIX + each.value for each in ReportKind)}"
    if not isinstance(data, dict):
        errors[pointer or "/"] = "must be an object"
        data = {}
    said: dict[str, Any] = dict(data)
    job_id = parse_job_id(said.pop("jobId", None))
    if job_id is None:
        errors[f"{pointer}/jobId"] = "must be a job number"
    try:
        content = ReportContent.model_validate(said).as_json()
    except ValidationError as error:
        errors |= {f"{pointer}/{'/'.join(map(str, each['loc']))}": each["msg"] for each in error.errors()}
    if errors or job_id is None:
        detail = "The report is not understood, and nothing was changed."
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=errors)
    return _Event(kind, job_id, content)


def _document(request: web.Request, body: bytes) -> dict[str, Any]:
    if request.content_type not in ("application/json", _CLOUD_EVENT):
        detail = f"Content-Type must be application/json or {_CLOUD_EVENT}."
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail)
    require_bounded(body)
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "The body is not JSON.") from error
    if not isinstance(document, dict):
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "The body is not a JSON object.")
    return document


async def _record(jobs: JobService, webhook_id: str, event: _Event) -> tuple[HTTPStatus, str]:
    source = f"webhook\x1f{webhook_id}"
    result = await jobs.report(event.job_id, event.kind, source=source, body=event.content)
    report = await jobs.find(event.job_id)
    if report is None:
        return _refusal(HTTPStatus.NOT_FOUND, f"There is no job {event.job_id}; nothing was changed.")
    if result is ReportResult.ALREADY_FINISHED:
        state = report.job.status.value
        return _refusal(HTTPStatus.CONFLICT, f"Job {event.job_id} had {state} before; nothing was changed.")
    _log.info("Job %d: %s, as a signed report says", event.job_id, event.kind.value)
    return HTTPStatus.ACCEPTED, orjson.dumps(_receipt(report)).decode()


def _receipt(report: JobReport) -> dict[str, object]:
    notice = report.notice
    return {
        "job": report.job.id,
        "state": report.job.status.value,
        "notices": [] if notice is None else [{"state": notice.status.value, "attempts": notice.attempts}],
    }


def _refusal(status: HTTPStatus, detail: str) -> tuple[HTTPStatus, str]:
    body = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail}
    return status, orjson.dumps(body).decode()
