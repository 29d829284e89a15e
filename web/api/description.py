"""
The description of the API, OpenAPI 3.1, made from the models of its documents.

Source: https://spec.openapis.org/oas/v3.1.1.html
"""

from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from jobs.job import JOB_ID_LIMIT, JobStatus
from jobs.notice import NoticeKind
from jobs.reports import ReportContent
from jobs.transitions import ReportKind
from version import VERSION
from web.api.documents import (
    TITLE_LENGTH,
    CancelRequest,
    JobDocument,
    JobsDocument,
    NewJob,
    ReceiptDocument,
    ReportAddress,
)

_Json = dict[str, Any]

_SCHEMAS = "#/components/schemas/"
_GIVEN: tuple[type[BaseModel], ...] = (ReportContent, NewJob, CancelRequest)
_ANSWERED: tuple[type[BaseModel], ...] = (JobDocument, JobsDocument, ReceiptDocument, ReportAddress)

#: What each request may be answered with beside what it is for.
_ALWAYS = (HTTPStatus.BAD_REQUEST, HTTPStatus.SERVICE_UNAVAILABLE)
_WITH_CALLER = (*_ALWAYS, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_WITH_BODY = (
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)

_EVENTS = {
    NoticeKind.JOB_CREATED: "A job was started in a chat. `report` says where to report on it.",
    NoticeKind.CANCEL_REQUESTED: "Somebody wants the job to be cancelled.",
    NoticeKind.JOB_OVERDUE: "A deadline of the job has passed: `what` and `within`, in seconds.",
    NoticeKind.NOTICE_DELIVERED: "People were told how the job ended.",
    NoticeKind.NOTICE_PARKED: "People cannot be told until somebody acts, such as unblocking the bot.",
    NoticeKind.NOTICE_DEAD: "Telling people was given up; `reason` says why. An operator can try again.",
}


def description(server: str) -> _Json:
    """Return the description of the API at *server*, a URL."""
    return {
        "openapi": "3.1.1",
        "info": {"title": "Proactive bot", "version": VERSION, "description": "Jobs, and reports on them."},
        "servers": [{"url": server}],
        "security": [{"token": []}, {}],
        "paths": {
            "/api/jobs": {"post": _create(), "get": _list()},
            "/api/jobs/stream": {"get": _stream()},
            "/api/jobs/{job}": {"parameters": [_job()], "get": _find()},
            "/api/jobs/{job}/cancel": {"parameters": [_job()], "post": _cancel()},
            "/api/jobs/{job}/report/{kind}": {
                "parameters": [_job(), _kind()],
                "post": _report("reportOnJob"),
            },
            "/api/jobs/{job}/report/exit/{code}": {
                "parameters": [_job(), _code()],
                "post": _report("reportExit"),
            },
            "/api/job-events": {"post": _signed_report()},
        },
        "webhooks": {kind.value: {"post": _event(kind, said)} for kind, said in _EVENTS.items()},
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _schemas() -> _Json:
    _, given = models_json_schema(
        [(each, "validation") for each in _GIVEN] + [(each, "serialization") for each in _ANSWERED],
        ref_template=_SCHEMAS + "{model}",
    )
    schemas: _Json = given["$defs"]
    problem = {
        "type": "object",
        "description": "RFC 9457",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["pointer", "detail"],
                    "properties": {
                        "pointer": {"type": "string", "description": "JSON Pointer into the body."},
                        "detail": {"type": "string"},
                    },
                },
            },
        },
    }
    return schemas | {"Problem": problem}


def _ref(model: type[BaseModel]) -> _Json:
    return {"$ref": _SCHEMAS + model.__name__}


def _body(schema: _Json, kind: str = "application/json") -> _Json:
    return {"content": {kind: {"schema": schema}}}


def _answers(good: dict[HTTPStatus, _Json], *bad: HTTPStatus) -> _Json:
    problem = _body({"$ref": _SCHEMAS + "Problem"}, "application/problem+json")
    refused = {str(each.value): {"description": each.phrase, **problem} for each in bad}
    return {str(each.value): {"description": each.phrase, **said} for each, said in good.items()} | refused


def _job() -> _Json:
    schema = {"type": "integer", "minimum": 1, "maximum": JOB_ID_LIMIT - 1}
    return {"name": "job", "in": "path", "required": True, "schema": schema, "description": "Its number."}


def _kind() -> _Json:
    schema = {"enum": [each.value for each in ReportKind]}
    return {"name": "kind", "in": "path", "required": True, "schema": schema}


def _code() -> _Json:
    schema = {"type": "integer", "minimum": -(2**31), "maximum": 2**32 - 1}
    return {"name": "code", "in": "path", "required": True, "schema": schema}


def _query(name: str, schema: _Json, said: str) -> _Json:
    return {"name": name, "in": "query", "schema": schema, "description": said}


def _create() -> _Json:
    job = _body(_ref(JobDocument))
    links = {
        "job": {"operationId": "findJob", "parameters": {"job": "$response.body#/jobId"}},
        "cancel": {"operationId": "cancelJob", "parameters": {"job": "$response.body#/jobId"}},
        "report": {"operationId": "reportOnJob", "parameters": {"job": "$response.body#/jobId"}},
    }
    return {
        "operationId": "createJob",
        "summary": "Start a job that no chat asked for; 200 if its externalId is known.",
        "requestBody": {"required": True, **_body(_ref(NewJob))},
        "responses": _answers(
            {HTTPStatus.CREATED: {**job, "links": links}, HTTPStatus.OK: job}, *_WITH_CALLER, *_WITH_BODY
        ),
    }


def _list() -> _Json:
    states = {"type": "array", "items": {"enum": [each.value for each in JobStatus]}}
    parameters = [
        {**_query("state", states, "Several, with commas."), "style": "form", "explode": False},
        _query("title", {"type": "string", "maxLength": TITLE_LENGTH}, "A pattern with * and ?."),
        _query("since", {"type": "string", "format": "date-time"}, "Created then or later."),
        _query("after", {"type": "integer", "minimum": 1, "maximum": JOB_ID_LIMIT}, "Below this number."),
        _query("limit", {"type": "integer", "minimum": 1, "maximum": 200}, "Jobs on a page."),
    ]
    return {
        "operationId": "listJobs",
        "summary": "List jobs, the newest first.",
        "parameters": parameters,
        "responses": _answers(
            {HTTPStatus.OK: _body(_ref(JobsDocument))}, *_WITH_CALLER, HTTPStatus.UNPROCESSABLE_ENTITY
        ),
    }


def _stream() -> _Json:
    text = {"type": "string"}
    event = {"type": "object", "properties": {"id": text, "event": {"const": "job"}, "data": text}}
    events = {"text/event-stream": {"schema": event}}
    return {
        "operationId": "streamJobs",
        "summary": "Server-sent events `job`, whose data is a job that has changed.",
        "parameters": [{"name": "Last-Event-ID", "in": "header", "schema": {"type": "string"}}],
        "responses": _answers({HTTPStatus.OK: {"content": events}}, *_WITH_CALLER),
    }


def _find() -> _Json:
    text = {"type": "string"}
    return {
        "operationId": "findJob",
        "summary": "Find a job; `Prefer: wait=30` waits for news of it.",
        "parameters": [
            {"name": "Prefer", "in": "header", "schema": text},
            {"name": "If-None-Match", "in": "header", "schema": text},
        ],
        "responses": _answers(
            {HTTPStatus.OK: _body(_ref(JobDocument)), HTTPStatus.NOT_MODIFIED: {}},
            *_WITH_CALLER,
            HTTPStatus.NOT_FOUND,
        ),
    }


def _cancel() -> _Json:
    return {
        "operationId": "cancelJob",
        "summary": "Ask the job system to cancel a job.",
        "requestBody": _body(_ref(CancelRequest)),
        "responses": _answers(
            {HTTPStatus.ACCEPTED: _body(_ref(ReceiptDocument))},
            *_WITH_CALLER,
            *_WITH_BODY,
            HTTPStatus.NOT_FOUND,
            HTTPStatus.CONFLICT,
        ),
    }


_REPORT_ANSWERS = (*_WITH_BODY, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)


def _report(operation: str) -> _Json:
    said = {
        "application/json": {"schema": _ref(ReportContent)},
        "text/plain": {"schema": {"type": "string", "description": "The end of the job's log."}},
    }
    return {
        "operationId": operation,
        "summary": "Report on a job. The same end again gets the same answer.",
        "requestBody": {"content": said},
        "responses": _answers(
            {HTTPStatus.ACCEPTED: _body(_ref(ReceiptDocument))}, *_WITH_CALLER, *_REPORT_ANSWERS
        ),
    }


def _signed_report() -> _Json:
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
        "properties": {"type": {"enum": kinds}, "data": {"allOf": [about, _ref(ReportContent)]}},
    }
    return {
        "operationId": "sendJobEvent",
        "summary": "Report on a job with a signed request: https://www.standardwebhooks.com",
        "security": [{}],
        "parameters": [
            {"name": name, "in": "header", "required": True, "schema": {"type": "string"}} for name in names
        ],
        "requestBody": {"required": True, **_body(event)},
        "responses": _answers(
            {HTTPStatus.ACCEPTED: _body(_ref(ReceiptDocument))},
            *_ALWAYS,
            HTTPStatus.UNAUTHORIZED,
            *_REPORT_ANSWERS,
        ),
    }


def _event(kind: NoticeKind, said: str) -> _Json:
    data: _Json = {"jobId": {"type": "integer"}, "title": {"type": ["string", "null"]}}
    if kind is NoticeKind.JOB_CREATED:
        data["requestedBy"] = {"type": "object"}
        data["report"] = _ref(ReportAddress)
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
        "requestBody": _body(schema),
        "responses": {"2XX": {"description": "Taken."}, "410": {"description": "Never wanted."}},
    }
