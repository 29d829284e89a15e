"""Record a report that came by HTTP, and say what became of it."""

import logging
from http import HTTPStatus

import orjson

from jobs.changes import ReportResult
from jobs.job import JobId
from jobs.reports import ReportContent
from jobs.service import JobService
from jobs.transitions import ReportKind
from web.api.documents import as_json, receipt
from web.server.problems import problem_document

_log = logging.getLogger(__name__)


async def record(
    jobs: JobService, job_id: JobId, kind: ReportKind, *, source: str, content: ReportContent
) -> tuple[HTTPStatus, str]:
    """
    Record a report; return status and body, JSON, of the answer.

    *source* is the report's idempotency key: a repeat gets the same answer. Raises `StoreUnavailable`.
    """
    result = await jobs.report(
        job_id, kind, source=source, body=content.as_json(), deadlines=content.deadlines
    )
    report = await jobs.find(job_id)
    if report is None:
        return _refusal(HTTPStatus.NOT_FOUND, f"There is no job {job_id}; nothing was changed.")
    jobs.hear_job_system(report.job.webhook)
    if result is ReportResult.ALREADY_FINISHED:
        state = report.job.status.value
        return _refusal(HTTPStatus.CONFLICT, f"Job {job_id} had {state} before; nothing was changed.")
    _log.info("Job %d: %s, as a job system reports", job_id, kind.value, extra={"job": job_id})
    return HTTPStatus.ACCEPTED, as_json(receipt(report))


def _refusal(status: HTTPStatus, detail: str) -> tuple[HTTPStatus, str]:
    return status, orjson.dumps(problem_document(status, detail)).decode()
