"""`/api/jobs`: create, find, list and cancel jobs, for job systems and scripts."""

import logging
import re
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

import orjson
from aiohttp import web
from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field
from yarl import URL

from bot.commands import TITLE_LENGTH
from jobs.changes import ReportResult, StartJob
from jobs.deadlines import Deadlines
from jobs.job import JOB_ID_LIMIT, JobId, JobReport, JobStatus
from jobs.lane import UNATTENDED
from jobs.listing import JobsAsked
from jobs.service import JobService
from text import one_line
from web.api.callers import ApiCallers
from web.api.documents import (
    CancelRequest,
    JobsDocument,
    NewJob,
    as_json,
    is_over,
    job_document,
    receipt,
)
from web.api.news import News, preferred_wait, seen_tags, tag_of
from web.api.requests import (
    json_answer,
    needing_the_job_log,
    number_in,
    parse_object,
    read_bytes,
    unknown_job,
    validated,
)
from web.intake.admission import Admission
from web.intake.tracing import traced
from web.server.problems import Problem
from web.server.runner import expect_anything
from webhooks.events import EventWriter

PATH = "/api/jobs"

_RETRY_AFTER = 5  #: Seconds that a client should wait before it asks for a running job again.

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class JobParts:
    """The parts that answer about jobs."""

    jobs: JobService
    callers: ApiCallers
    events: EventWriter
    admission: Admission
    news: News
    tenant: str = ""  #: The tenant that sees jobs which no chat started; empty without one.


PARTS = web.AppKey("job parts", JobParts)

routes = web.RouteTableDef()


@routes.post(PATH, expect_handler=expect_anything)
async def create(request: web.Request) -> web.Response:
    """
    Start a job that no chat asked for.

    Answers 201, or 200 with the job that was created before under the same `externalId`; with the address and
    the token for its reports.
    """
    request.app[PARTS].callers.require(request)
    return await traced(request, _created(request))


async def _created(request: web.Request) -> web.Response:
    parts = request.app[PARTS]
    asked = validated(NewJob, parse_object(request, await read_bytes(request, parts.admission)))
    title = one_line(asked.title or "", TITLE_LENGTH) or None
    change = StartJob(
        lane=UNATTENDED,
        tenant=parts.tenant or UNATTENDED,
        title=title,
        requested_by=None,
        reference="{}",
        source_activity=asked.external_id,
        status=JobStatus.QUEUED,
        webhook=parts.jobs.webhook_for(title, asked.labels),
        announced=False,  # Who creates it knows of it.
        labels=orjson.dumps(asked.labels).decode() if asked.labels else None,
        deadlines=_deadlines(asked, parts.jobs.deadlines),
    )
    with needing_the_job_log():
        known = asked.external_id and await parts.jobs.find_external(asked.external_id)
        job = await parts.jobs.start(change)
        report = await _find(parts, job.id)
    _log.info("Job %d was created by %s", job.id, request.remote, extra={"job": job.id})
    document = job_document(report, parts.events.report_address(job.id))
    answer = json_answer(HTTPStatus.OK if known else HTTPStatus.CREATED, as_json(document))
    answer.headers["Location"] = f"{PATH}/{job.id}"
    return answer


@routes.get(PATH + "/{job:[0-9]+}")
async def find(request: web.Request) -> web.Response:
    """
    Answer what there is to know of a job.

    With `Prefer: wait=<s>` the answer waits until something has changed since `If-None-Match`, or, without
    that, until the job has ended and people were told.
    """
    parts, job_id = request.app[PARTS], number_in(request)
    parts.callers.require_for_job(request, job_id)
    seen, wait = seen_tags(request.headers.getall("If-None-Match", [])), preferred_wait(request)
    with needing_the_job_log():
        report = await _find(parts, job_id)
        report = await parts.news.wait(report, seen, wait, lambda: _find(parts, job_id))
    text = as_json(job_document(report))
    tag = tag_of(text)
    answer = json_answer(HTTPStatus.OK, text)
    if tag in seen:
        answer = web.Response(status=HTTPStatus.NOT_MODIFIED)
    answer.headers["ETag"] = tag
    if wait:
        answer.headers["Preference-Applied"] = f"wait={wait:.0f}"
    if not is_over(report):
        answer.headers["Retry-After"] = str(_RETRY_AFTER)
    return answer


def _require_rfc_3339(text: object) -> object:
    """Pydantic alone would take numbers, too, as seconds or milliseconds."""
    if isinstance(text, str) and not _DATE_TIME.match(text):
        raise ValueError("must be such as 2026-11-26T10:00:00Z")
    return text


_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]", re.ASCII)


class _Listed(BaseModel):
    """The query of `list_jobs`."""

    model_config = {"extra": "forbid"}

    state: list[JobStatus] = []
    title: str | None = Field(None, max_length=TITLE_LENGTH)
    since: Annotated[AwareDatetime, BeforeValidator(_require_rfc_3339)] | None = None
    after: int = Field(JOB_ID_LIMIT, ge=1, le=JOB_ID_LIMIT)
    limit: int = Field(50, ge=1, le=200)


@routes.get(PATH)
async def list_jobs(request: web.Request) -> web.Response:
    """
    List jobs, the newest first: `state` (several, with commas), `title` (a pattern), `since`, `after`,
    `limit`.

    Each request looks at a bounded number of jobs; `next` goes on, also from a page without any.
    """
    parts = request.app[PARTS]
    parts.callers.require(request)
    said: dict[str, object] = dict(request.query)
    if "state" in said:
        said["state"] = [each for text in request.query.getall("state") for each in text.split(",") if each]
    asked = validated(_Listed, said)
    question = JobsAsked(
        size=asked.limit,
        before=JobId(asked.after),
        statuses=frozenset(asked.state),
        title=None if asked.title is None else one_line(asked.title, TITLE_LENGTH),
        since=asked.since,
    )
    with needing_the_job_log():
        found = await parts.jobs.list(question)
    following = None
    if found.before is not None:
        following = str(URL(request.rel_url).update_query(after=str(found.before)))
    jobs = [job_document(JobReport(job=job, notice=None)) for job in found.jobs]
    answer = json_answer(HTTPStatus.OK, as_json(JobsDocument(jobs=jobs, next=following)))
    if following:
        answer.headers["Link"] = f'<{following}>; rel="next"'
    return answer


@routes.post(PATH + "/{job:[0-9]+}/cancel", expect_handler=expect_anything)
async def cancel(request: web.Request) -> web.Response:
    """Ask the job system to cancel a job: 202; 409 for a job that has ended."""
    job_id = number_in(request)
    request.app[PARTS].callers.require(request)
    return await traced(request, _cancelled(request, job_id))


async def _cancelled(request: web.Request, job_id: JobId) -> web.Response:
    parts = request.app[PARTS]
    body = await read_bytes(request, parts.admission)
    asked = validated(CancelRequest, parse_object(request, body) if body else {})
    with needing_the_job_log():
        result = await parts.jobs.ask_cancel(job_id, one_line(asked.asked_by, 100))
        report = await _find(parts, job_id)
    if result is ReportResult.ALREADY_FINISHED:
        detail = f"Job {job_id} had {report.job.status.value} before."
        raise Problem(HTTPStatus.CONFLICT, detail)
    return json_answer(HTTPStatus.ACCEPTED, as_json(receipt(report)))


def _deadlines(asked: NewJob, usual: Deadlines) -> Deadlines:
    """Return what is asked for, and for the rest what is usual."""
    own = (asked.start_within, asked.heard_every, asked.finish_within)
    return Deadlines(
        *(wait if given is None else timedelta(seconds=given) for given, wait in zip(own, usual, strict=True))
    )


async def _find(parts: JobParts, job_id: JobId) -> JobReport:
    report = await parts.jobs.find(job_id)
    if report is None:
        raise unknown_job(job_id)
    return report
