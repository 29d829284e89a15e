"""`POST /api/jobs/<n>/report/<kind>`: reports by one line of shell, with a token for that job alone."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from aiohttp import web

from jobs.job import JobId
from jobs.reports import LOG_TAIL_LENGTH, ReportContent
from jobs.service import JobService
from jobs.transitions import ReportKind
from web.api.callers import ApiCallers
from web.api.recording import record
from web.api.requests import json_answer, needing_the_job_log, number_in, parse_object, read_bytes, validated
from web.intake.admission import Admission
from web.intake.body import MAX_BODY_BYTES
from web.intake.tracing import traced
from web.server.problems import Problem
from web.server.runner import expect_anything

PATH = "/api/jobs/{job}/report"

#: What may stand in the URL's query, beside a body of plain text.
_IN_QUERY = ("message", "progress", "link", "durationSeconds", "exitCode")


@dataclass(frozen=True, kw_only=True, slots=True)
class JobReportParts:
    """The parts that take a report."""

    jobs: JobService
    callers: ApiCallers
    admission: Admission


PARTS = web.AppKey("job report parts", JobReportParts)

routes = web.RouteTableDef()


@routes.post(PATH + "/exit/{code}", expect_handler=expect_anything)
async def receive_exit(request: web.Request) -> web.Response:
    """Record how a process ended: 0 is a success. The body is the end of its log."""
    code = request.match_info["code"]
    kind = ReportKind.SUCCEEDED if code == "0" else ReportKind.FAILED
    return await _receive(request, kind, {"exitCode": code} if code != "0" else {})


@routes.post(PATH + "/{kind}", expect_handler=expect_anything)
async def receive(request: web.Request) -> web.Response:
    """
    Record a report. The body may be JSON, as in `docs/report.schema.json`, or the end of the job's log.

    Answers 202 with a receipt, which says whether somebody wants the job to be cancelled. The end that a job
    has had gets the same answer again, so that a request may be repeated; another end gets 409.
    """
    try:
        kind = ReportKind(request.match_info["kind"])
    except ValueError as error:
        kinds = ", ".join(each.value for each in ReportKind)
        raise Problem(HTTPStatus.NOT_FOUND, f"A report is one of {kinds}, or exit/<code>.") from error
    return await _receive(request, kind, {})


async def _receive(request: web.Request, kind: ReportKind, said: dict[str, Any]) -> web.Response:
    parts, job_id = request.app[PARTS], number_in(request)
    parts.callers.require_for_job(request, job_id)
    return await traced(request, _recorded(request, job_id, kind, said), event=True)


async def _recorded(
    request: web.Request, job_id: JobId, kind: ReportKind, said: dict[str, Any]
) -> web.Response:
    parts = request.app[PARTS]
    body = await read_bytes(request, parts.admission, largest=MAX_BODY_BYTES)
    content = validated(ReportContent, said | _query(request) | _said(request, body))
    with needing_the_job_log():
        answer = await record(parts.jobs, job_id, kind, source=f"report\x1f{kind.value}", content=content)
    return json_answer(*answer)


def _query(request: web.Request) -> dict[str, str]:
    return {name: request.query[name] for name in _IN_QUERY if name in request.query}


def _said(request: web.Request, body: bytes) -> dict[str, Any]:
    """Return what *body* says. What curl sends by default counts as text, whatever type it declares."""
    if request.content_type == "application/json" and body:
        return parse_object(request, body)
    text = body.decode("utf-8", "replace").strip()
    return {"logTail": text[-LOG_TAIL_LENGTH:]} if text else {}
