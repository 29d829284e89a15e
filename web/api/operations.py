"""The operations of the API, one function each, as its description has them."""

from http import HTTPStatus
from typing import Any

from pydantic import BaseModel

from bot.commands import TITLE_LENGTH
from jobs.job import JOB_ID_LIMIT, JobStatus
from jobs.notice import NoticeKind
from jobs.reports import ReportContent
from jobs.transitions import ReportKind
from web.api.dead_letters import Act, ActDocument, LettersDocument
from web.api.documents import (
    CancelRequest,
    JobDocument,
    JobsDocument,
    NewJob,
    ReceiptDocument,
    ReportAddress,
)
from web.api.parked import ParkedConversations

_Json = dict[str, Any]

SCHEMAS = "#/components/schemas/"

#: What each request may be answered with beside what it is for.
_ALWAYS = (HTTPStatus.BAD_REQUEST, HTTPStatus.SERVICE_UNAVAILABLE)
WITH_CALLER = (*_ALWAYS, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
WITH_BODY = (
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)


def reference(model: type[BaseModel]) -> _Json:
    """Return a reference to the schema of *model*."""
    return {"$ref": SCHEMAS + model.__name__}


def content(schema: _Json, kind: str = "application/json") -> _Json:
    """Return the content of a body."""
    return {"content": {kind: {"schema": schema}}}


def answers(good: dict[HTTPStatus, _Json], *bad: HTTPStatus) -> _Json:
    """Return the responses: *good* ones, and problems."""
    problem = content({"$ref": SCHEMAS + "Problem"}, "application/problem+json")
    refused = {str(each.value): {"description": each.phrase, **problem} for each in bad}
    return {str(each.value): {"description": each.phrase, **said} for each, said in good.items()} | refused


def job_parameter() -> _Json:
    """Describe the job's number in the path."""
    schema = {"type": "integer", "minimum": 1, "maximum": JOB_ID_LIMIT - 1}
    return {"name": "job", "in": "path", "required": True, "schema": schema, "description": "Its number."}


def kind_parameter() -> _Json:
    """Describe the kind of a report in the path."""
    schema = {"enum": [each.value for each in ReportKind]}
    return {"name": "kind", "in": "path", "required": True, "schema": schema}


def code_parameter() -> _Json:
    """Describe an exit code in the path."""
    schema = {"type": "integer", "minimum": -(2**31), "maximum": 2**32 - 1}
    return {"name": "code", "in": "path", "required": True, "schema": schema}


def query(name: str, schema: _Json, said: str) -> _Json:
    """Return a parameter of the query."""
    return {"name": name, "in": "query", "schema": schema, "description": said}


def create_job() -> _Json:
    """Describe how a job is created."""
    job = content(reference(JobDocument))
    links = {
        "job": {"operationId": "findJob", "parameters": {"job": "$response.body#/jobId"}},
        "cancel": {"operationId": "cancelJob", "parameters": {"job": "$response.body#/jobId"}},
        "report": {"operationId": "reportOnJob", "parameters": {"job": "$response.body#/jobId"}},
    }
    return {
        "operationId": "createJob",
        "summary": "Start a job that no chat asked for; 200 if its externalId is known.",
        "requestBody": {"required": True, **content(reference(NewJob))},
        "responses": answers(
            {HTTPStatus.CREATED: {**job, "links": links}, HTTPStatus.OK: job}, *WITH_CALLER, *WITH_BODY
        ),
    }


def list_jobs() -> _Json:
    """Describe the list of jobs."""
    states = {"type": "array", "items": {"enum": [each.value for each in JobStatus]}}
    parameters = [
        {**query("state", states, "Several, with commas."), "style": "form", "explode": False},
        query("title", {"type": "string", "maxLength": TITLE_LENGTH}, "A pattern with * and ?."),
        query("since", {"type": "string", "format": "date-time"}, "Created then or later."),
        query("after", {"type": "integer", "minimum": 1, "maximum": JOB_ID_LIMIT}, "Below this number."),
        query("limit", {"type": "integer", "minimum": 1, "maximum": 200}, "Jobs on a page."),
    ]
    return {
        "operationId": "listJobs",
        "summary": "List jobs, the newest first.",
        "parameters": parameters,
        "responses": answers(
            {HTTPStatus.OK: content(reference(JobsDocument))}, *WITH_CALLER, HTTPStatus.UNPROCESSABLE_ENTITY
        ),
    }


def stream_jobs() -> _Json:
    """Describe the stream."""
    text = {"type": "string"}
    event = {"type": "object", "properties": {"id": text, "event": {"const": "job"}, "data": text}}
    events = {"text/event-stream": {"schema": event}}
    return {
        "operationId": "streamJobs",
        "summary": "Server-sent events `job`, whose data is a job that has changed.",
        "parameters": [{"name": "Last-Event-ID", "in": "header", "schema": {"type": "string"}}],
        "responses": answers({HTTPStatus.OK: {"content": events}}, *WITH_CALLER),
    }


def find_job() -> _Json:
    """Describe how a job is found."""
    text = {"type": "string"}
    return {
        "operationId": "findJob",
        "summary": "Find a job; `Prefer: wait=30` waits for news of it.",
        "parameters": [
            {"name": "Prefer", "in": "header", "schema": text},
            {"name": "If-None-Match", "in": "header", "schema": text},
        ],
        "responses": answers(
            {HTTPStatus.OK: content(reference(JobDocument)), HTTPStatus.NOT_MODIFIED: {}},
            *WITH_CALLER,
            HTTPStatus.NOT_FOUND,
        ),
    }


def cancel_job() -> _Json:
    """Describe how a job is cancelled."""
    return {
        "operationId": "cancelJob",
        "summary": "Ask the job system to cancel a job.",
        "requestBody": content(reference(CancelRequest)),
        "responses": answers(
            {HTTPStatus.ACCEPTED: content(reference(ReceiptDocument))},
            *WITH_CALLER,
            *WITH_BODY,
            HTTPStatus.NOT_FOUND,
            HTTPStatus.CONFLICT,
        ),
    }


_REPORT_ANSWERS = (*WITH_BODY, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)


def report_on_job(operation: str) -> _Json:
    """Describe a report with a token; *operation* is its id."""
    said = {
        "application/json": {"schema": reference(ReportContent)},
        "text/plain": {"schema": {"type": "string", "description": "The end of the job's log."}},
    }
    return {
        "operationId": operation,
        "summary": "Report on a job. The same end again gets the same answer.",
        "requestBody": {"content": said},
        "responses": answers(
            {HTTPStatus.ACCEPTED: content(reference(ReceiptDocument))}, *WITH_CALLER, *_REPORT_ANSWERS
        ),
    }


def send_job_event() -> _Json:
    """Describe a signed report."""
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    kinds = [f"job.{each.value}" for each in ReportKind]
    number = {"type": "integer", "minimum": 1}
    about = {
        "properties": {"jobId": number, "externalId": {"type": "string", "minLength": 1}},
        "anyOf": [{"required": ["jobId"]}, {"required": ["externalId"]}],
    }
    event = {
        "type": "object",
        "required": ["type", "data"],
        "properties": {"type": {"enum": kinds}, "data": {"allOf": [about, reference(ReportContent)]}},
    }
    return {
        "operationId": "sendJobEvent",
        "summary": "Report on a job with a signed request: https://www.standardwebhooks.com",
        "security": [{}],
        "parameters": [
            {"name": name, "in": "header", "required": True, "schema": {"type": "string"}} for name in names
        ],
        "requestBody": {"required": True, **content(event)},
        "responses": answers(
            {HTTPStatus.ACCEPTED: content(reference(ReceiptDocument))},
            *_ALWAYS,
            HTTPStatus.UNAUTHORIZED,
            *_REPORT_ANSWERS,
        ),
    }


def job_event(kind: NoticeKind, said: str) -> _Json:
    """Describe an event that a job system gets."""
    data: _Json = {"jobId": {"type": "integer"}, "title": {"type": ["string", "null"]}}
    if kind is NoticeKind.JOB_CREATED:
        data["requestedBy"] = {"type": "object"}
        data["report"] = reference(ReportAddress)
    schema = {
        "type": "object",
        "properties": {
            "type": {"const": kind.value},
            "timestamp": {"type": "string", "format": "date-time"},
            "data": {"type": "object", "properties": data},
        },
    }
    return {
        "summary": said,
        "requestBody": content(schema),
        "responses": {"2XX": {"description": "Taken."}, "410": {"description": "Never wanted."}},
    }


def list_dead_letters() -> _Json:
    """Describe the list of dead letters."""
    text = {"type": "string"}
    return {
        "operationId": "listDeadLetters",
        "summary": "List what was given up on, the oldest first.",
        "parameters": [
            query("reason", {**text, "maxLength": 200}, "A part of the reason."),
            query("kind", {**text, "maxLength": 40}, "Such as succeeded, or job.created."),
            query("jobId", {"type": "integer", "minimum": 1, "maximum": JOB_ID_LIMIT}, "Of this job."),
            query("jobSystem", {**text, "maxLength": 40}, "Events for this one."),
            query("limit", {"type": "integer", "minimum": 1, "maximum": 1_000}, "Dead letters at most."),
        ],
        "responses": answers(
            {HTTPStatus.OK: content(reference(LettersDocument))},
            *WITH_CALLER,
            HTTPStatus.TOO_MANY_REQUESTS,
            HTTPStatus.UNPROCESSABLE_ENTITY,
        ),
    }


def list_parked() -> _Json:
    """Describe the list of parked conversations."""
    limit = {"type": "integer", "minimum": 1, "maximum": 1_000}
    return {
        "operationId": "listParked",
        "summary": "List the conversations that cannot be told anything now, the longest parked first.",
        "parameters": [query("limit", limit, "Conversations at most.")],
        "responses": answers(
            {HTTPStatus.OK: content(reference(ParkedConversations))},
            *WITH_CALLER,
            HTTPStatus.TOO_MANY_REQUESTS,
            HTTPStatus.UNPROCESSABLE_ENTITY,
        ),
    }


def change_dead_letters(operation: str, summary: str) -> _Json:
    """Describe an act on dead letters."""
    return {
        "operationId": operation,
        "summary": f"{summary} Without `dryRun: false` it only counts them.",
        "requestBody": content(reference(Act)),
        "responses": answers(
            {HTTPStatus.OK: content(reference(ActDocument))},
            *WITH_CALLER,
            HTTPStatus.TOO_MANY_REQUESTS,
            *WITH_BODY,
        ),
    }
