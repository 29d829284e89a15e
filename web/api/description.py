"""
The description of the API, OpenAPI 3.1, made from the models of its documents.

Source: https://spec.openapis.org/oas/v3.1.1.html
"""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from jobs.notice import NoticeKind
from jobs.reports import ReportContent
from version import VERSION
from web.api.dead_letters import Act, ActDocument, LettersDocument
from web.api.documents import (
    CancelRequest,
    JobDocument,
    JobsDocument,
    NewJob,
    ReceiptDocument,
    ReportAddress,
)
from web.api.operations import (
    SCHEMAS,
    cancel_job,
    change_dead_letters,
    code_parameter,
    create_job,
    find_job,
    job_event,
    job_parameter,
    kind_parameter,
    list_dead_letters,
    list_jobs,
    list_parked,
    report_on_job,
    send_job_event,
    stream_jobs,
)
from web.api.operator_operations import ANSWERED as OPERATORS_GET
from web.api.operator_operations import GIVEN as OPERATORS_GIVE
from web.api.operator_operations import operator_paths
from web.api.parked import ParkedConversations

_Json = dict[str, Any]

_GIVEN: tuple[type[BaseModel], ...] = (ReportContent, NewJob, CancelRequest, Act, *OPERATORS_GIVE)
_ANSWERED: tuple[type[BaseModel], ...] = (
    JobDocument,
    JobsDocument,
    ReceiptDocument,
    ReportAddress,
    LettersDocument,
    ActDocument,
    ParkedConversations,
    *OPERATORS_GET,
)

_EVENTS = {
    NoticeKind.JOB_CREATED: "A job was started in a chat. `report` says where to report on it.",
    NoticeKind.CANCEL_REQUESTED: "Somebody wants the job to be cancelled.",
    NoticeKind.JOB_OVERDUE: "A deadline of the job has passed: `what` and `within`, in seconds.",
    NoticeKind.NOTICE_DELIVERED: "People were told how the job ended.",
    NoticeKind.NOTICE_PARKED: "People cannot be told until somebody acts, such as unblocking the bot.",
    NoticeKind.NOTICE_UNWANTED: "The conversation does not want to be told of such ends: `only failures`.",
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
            "/api/jobs": {"post": create_job(), "get": list_jobs()},
            "/api/jobs/stream": {"get": stream_jobs()},
            "/api/jobs/{job}": {"parameters": [job_parameter()], "get": find_job()},
            "/api/jobs/{job}/cancel": {"parameters": [job_parameter()], "post": cancel_job()},
            "/api/jobs/{job}/report/{kind}": {
                "parameters": [job_parameter(), kind_parameter()],
                "post": report_on_job("reportOnJob"),
            },
            "/api/jobs/{job}/report/exit/{code}": {
                "parameters": [job_parameter(), code_parameter()],
                "post": report_on_job("reportExit"),
            },
            "/api/dead-letters": {"get": list_dead_letters()},
            "/api/dead-letters/requeue": {
                "post": change_dead_letters("requeueDeadLetters", "Put dead letters back.")
            },
            "/api/dead-letters/purge": {
                "post": change_dead_letters("purgeDeadLetters", "Delete dead letters.")
            },
            "/api/parked": {"get": list_parked()},
            **operator_paths(),
            "/api/job-events": {"post": send_job_event()},
        },
        "webhooks": {kind.value: {"post": job_event(kind, said)} for kind, said in _EVENTS.items()},
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _schemas() -> _Json:
    _, given = models_json_schema(
        [(each, "validation") for each in _GIVEN] + [(each, "serialization") for each in _ANSWERED],
        ref_template=SCHEMAS + "{model}",
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
