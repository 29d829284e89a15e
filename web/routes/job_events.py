"""`POST /api/job-events`: where job systems report, with signed requests."""

import logging
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from aiohttp import web
from pydantic import ValidationError

from identity.webhook_signatures import SignatureRefused, WebhookSecrets
from jobs.job import JobId, parse_job_id
from jobs.reports import ReportContent
from jobs.service import JobService
from jobs.transitions import ReportKind
from web.api.recording import record
from web.api.requests import (
    faults,
    json_answer,
    needing_the_job_log,
    not_understood,
    parse_object,
    read_bytes,
)
from web.intake.admission import Admission
from web.intake.idempotency import Idempotency
from web.intake.tracing import traced
from web.server.problems import Problem
from web.server.runner import expect_anything

PATH = "/api/job-events"

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
    body = await read_bytes(request, parts.admission)
    headers = {name.lower(): request.headers.getall(name) for name in request.headers}
    try:
        webhook_id = parts.secrets.verify(headers, body, now=time.time())
    except SignatureRefused as error:
        _log.warning("Refused a report from %s: %s", request.remote, error)
        raise Problem(HTTPStatus.UNAUTHORIZED, str(error), challenge="Webhook-Signature") from error

    async def run() -> tuple[HTTPStatus, str]:
        event = await _read(parts.jobs, request, body)
        source = f"webhook\x1f{webhook_id}"
        return await record(parts.jobs, event.job_id, event.kind, source=source, content=event.content)

    async def answer() -> web.Response:
        with needing_the_job_log():
            return json_answer(*await parts.idempotency.answer(webhook_id, body, run))

    return await traced(request, answer(), event=True)


@dataclass(frozen=True, slots=True)
class _Event:
    kind: ReportKind
    job_id: JobId
    content: ReportContent


async def _read(jobs: JobService, request: web.Request, body: bytes) -> _Event:
    """Return the event in *body*; of a CloudEvent in binary mode, the type is in a header."""
    document = parse_object(request, body, _CLOUD_EVENT)
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
    job_id = await _job_in(jobs, said)
    if job_id is None:
        errors[f"{pointer}/jobId"] = "must be a job number; or give the externalId of a job that you created"
    try:
        content = ReportContent.model_validate(said)
    except ValidationError as error:
        errors |= faults(error, pointer)
    if errors or job_id is None:
        raise not_understood(errors)
    return _Event(kind, job_id, content)


async def _job_in(jobs: JobService, said: dict[str, Any]) -> JobId | None:
    """Take out of *said* which job it is about; return its number."""
    job_id, external_id = said.pop("jobId", None), said.pop("externalId", None)
    if job_id is None and isinstance(external_id, str) and external_id:
        found = await jobs.find_external(external_id)
        if found is None:
            raise Problem(HTTPStatus.NOT_FOUND, "There is no job with this externalId; nothing was changed.")
        return found
    return parse_job_id(job_id)
