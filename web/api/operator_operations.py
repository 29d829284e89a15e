"""The operations of operators, as the API's description has them."""

from http import HTTPStatus
from typing import Any

from pydantic import BaseModel

from jobs.job import JOB_ID_LIMIT
from web.api.operations import (
    WITH_BODY,
    WITH_CALLER,
    answers,
    content,
    job_parameter,
    query,
    reference,
)
from web.api.operators import (
    AuditDocument,
    ChangedDocument,
    HistoryDocument,
    JobsStanding,
    MutedConversations,
    QueueAsked,
    QueuesDocument,
    RunAsked,
    RunDocument,
    RunsDocument,
    SystemsDocument,
)

_Json = dict[str, Any]

GIVEN: tuple[type[BaseModel], ...] = (QueueAsked, RunAsked)
ANSWERED: tuple[type[BaseModel], ...] = (
    AuditDocument,
    ChangedDocument,
    HistoryDocument,
    JobsStanding,
    MutedConversations,
    QueuesDocument,
    RunDocument,
    RunsDocument,
    SystemsDocument,
)

_CALLER = (*WITH_CALLER, HTTPStatus.TOO_MANY_REQUESTS)


def _limit(most: int) -> _Json:
    return query("limit", {"type": "integer", "minimum": 1, "maximum": most}, "At most so many.")


def _list(name: str, summary: str, model: type[BaseModel], *parameters: _Json) -> _Json:
    return {
        "operationId": name,
        "summary": summary,
        "parameters": list(parameters),
        "responses": answers(
            {HTTPStatus.OK: content(reference(model))}, *_CALLER, HTTPStatus.UNPROCESSABLE_ENTITY
        ),
    }


def _act(
    name: str,
    summary: str,
    model: type[BaseModel],
    *refusals: HTTPStatus,
    status: HTTPStatus = HTTPStatus.OK,
    given: type[BaseModel] | None = None,
) -> _Json:
    said: _Json = {"operationId": name, "summary": summary}
    if given is not None:
        said["requestBody"] = {"required": True, **content(reference(given))}
        refusals = (*refusals, *WITH_BODY)
    said["responses"] = answers({status: content(reference(model))}, *_CALLER, *refusals)
    return said


def operator_paths() -> _Json:
    """Return the paths of operators."""
    run = {"type": "integer", "minimum": 1}
    switch = {"enum": ["stop", "continue"]}
    in_path = [
        {"name": "run", "in": "path", "required": True, "schema": run},
        {"name": "switch", "in": "path", "required": True, "schema": switch},
    ]
    before = {"type": "integer", "minimum": 1, "maximum": JOB_ID_LIMIT}
    search = query("q", {"type": "string", "maxLength": 400}, "Such as state:failed told:no.")
    return {
        "/api/operators/jobs": {
            "get": _list(
                "searchJobs",
                "Find jobs as the board does.",
                JobsStanding,
                search,
                query("before", before, "Below this number."),
                _limit(200),
            )
        },
        "/api/operators/jobs/{job}": {
            "parameters": [job_parameter()],
            "get": _act("explainJob", "Why people were not told yet.", HistoryDocument, HTTPStatus.NOT_FOUND),
        },
        "/api/operators/jobs/{job}/cancel": {
            "parameters": [job_parameter()],
            "post": _act(
                "cancelJobAsOperator",
                "Ask the job system to cancel a job.",
                ChangedDocument,
                HTTPStatus.NOT_FOUND,
                HTTPStatus.CONFLICT,
                status=HTTPStatus.ACCEPTED,
            ),
        },
        "/api/operators/queues": {
            "get": _list("listQueues", "List queues in which notices wait.", QueuesDocument, _limit(1_000))
        },
        "/api/operators/queues/try": {
            "post": _act("tryQueue", "Try a queue now.", ChangedDocument, given=QueueAsked)
        },
        "/api/operators/muted": {
            "get": _list("listMuted", "List muted conversations.", MutedConversations, _limit(1_000))
        },
        "/api/operators/webhooks": {
            "get": _act("listWebhooks", "List job systems that get events.", SystemsDocument)
        },
        "/api/operators/runs": {
            "get": _list("listRuns", "List acts over many dead letters.", RunsDocument, _limit(1_000)),
            "post": _act(
                "startRun",
                "Requeue or delete all dead letters that fit, at a pace.",
                RunDocument,
                status=HTTPStatus.ACCEPTED,
                given=RunAsked,
            ),
        },
        "/api/operators/runs/{run}/{switch}": {
            "parameters": in_path,
            "post": _act(
                "switchRun", "Stop an act over many, or let it go on.", ChangedDocument, HTTPStatus.NOT_FOUND
            ),
        },
        "/api/operators/audit": {
            "get": _list(
                "listActs",
                "List what operators did, the newest first.",
                AuditDocument,
                query("before", before, "Before this entry."),
                _limit(1_000),
            )
        },
    }
