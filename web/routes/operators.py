"""`/api/operators`: what the board shows and does, for programs such as `jobctl`."""

from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web
from pydantic import BaseModel
from yarl import URL

from instants import utc_now
from jobs.changes import ReportResult
from jobs.job import JobId
from jobs.lane import LaneKey
from jobs.operators import Operator, Role
from web.api.callers import ApiCallers
from web.api.documents import as_json
from web.api.operators import (
    AuditDocument,
    AuditListed,
    ChangedDocument,
    JobsListed,
    JobsStanding,
    MutedConversations,
    PageListed,
    QueueAsked,
    QueuesDocument,
    RunAsked,
    RunsDocument,
    SystemDocument,
    SystemsDocument,
    entry_document,
    history_document,
    muted_document,
    queue_document,
    run_document,
    standing,
)
from web.api.requests import (
    json_answer,
    needing_the_job_log,
    not_understood,
    number_in,
    parse_object,
    read_bytes,
    unknown_job,
    validated,
)
from web.board.asked import search_jobs
from web.board.serving import BoardParts, takes_writes
from web.board.why import why
from web.intake.admission import Admission
from web.server.problems import Problem
from web.server.runner import expect_anything

PATH = "/api/operators"


@dataclass(frozen=True, kw_only=True, slots=True)
class OperatorParts:
    """The parts that serve operators' programs."""

    board: BoardParts
    callers: ApiCallers
    admission: Admission
    shows_texts: bool


PARTS = web.AppKey("operator parts", OperatorParts)

routes = web.RouteTableDef()


def _viewing(request: web.Request) -> BoardParts:
    parts = request.app[PARTS]
    parts.callers.require_operator(request, Role.VIEWER)
    return parts.board


def _acting(request: web.Request) -> tuple[BoardParts, Operator]:
    parts = request.app[PARTS]
    return parts.board, parts.callers.require_operator(request)


def _said(document: BaseModel, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    return json_answer(status, as_json(document))


@routes.get(PATH + "/jobs")
async def list_jobs(request: web.Request) -> web.Response:
    """List jobs, the newest first, as the board's search finds them."""
    board, shows_texts = _viewing(request), request.app[PARTS].shows_texts
    asked = validated(JobsListed, dict(request.query))
    search = search_jobs(
        asked.q, size=asked.limit, before=JobId(asked.before), now=utc_now(), with_titles=shows_texts
    )
    if search.faults:
        raise not_understood({"/q": "; ".join(search.faults)})
    with needing_the_job_log():
        found = await board.jobs.list(search.asked)
        reports = await board.store.overviews.reports([job.id for job in found.jobs])
    jobs = [standing(reports[job.id], with_title=shows_texts) for job in found.jobs if job.id in reports]
    return _said(JobsStanding(jobs=jobs, before=found.before))


@routes.get(PATH + "/jobs/{job:[0-9]+}")
async def show_job(request: web.Request) -> web.Response:
    """Answer why people were not told yet, and what happened."""
    board, job_id = _viewing(request), number_in(request)
    with needing_the_job_log():
        history = await board.store.histories.history(job_id)
    if history is None:
        raise unknown_job(job_id)
    rests = board.rests(history.lane.service_url if history.lane else None)
    answer = why(history, host_rests=rests, takes_writes=await takes_writes(request))
    return _said(history_document(history, answer, with_title=request.app[PARTS].shows_texts))


@routes.post(PATH + "/jobs/{job:[0-9]+}/cancel", expect_handler=expect_anything)
async def cancel(request: web.Request) -> web.Response:
    """Ask the job system to cancel a job: 202; 409 for a job that has ended."""
    (board, operator), job_id = _acting(request), number_in(request)
    with needing_the_job_log():
        if await board.jobs.find(job_id) is None:
            raise unknown_job(job_id)
        result = await board.acts.cancel(operator, job_id)
    if result is ReportResult.ALREADY_FINISHED:
        raise Problem(HTTPStatus.CONFLICT, f"Job {job_id} had ended before.")
    return _said(ChangedDocument(changed=True), HTTPStatus.ACCEPTED)


@routes.get(PATH + "/queues")
async def list_queues(request: web.Request) -> web.Response:
    """List queues in which notices wait, what is due first at first."""
    board = _viewing(request)
    limit = validated(PageListed, dict(request.query)).limit
    with needing_the_job_log():
        found = await board.store.overviews.waiting(limit=limit + 1)
    return _said(QueuesDocument(queues=list(map(queue_document, found[:limit])), more=len(found) > limit))


@routes.post(PATH + "/queues/try", expect_handler=expect_anything)
async def try_now(request: web.Request) -> web.Response:
    """Try one queue now that waits for another attempt or a probe."""
    board, operator = _acting(request)
    body = await read_bytes(request, request.app[PARTS].admission)
    asked = validated(QueueAsked, parse_object(request, body))
    with needing_the_job_log():
        changed = await board.acts.hasten(operator, LaneKey(asked.queue))
    return _said(ChangedDocument(changed=changed))


@routes.get(PATH + "/muted")
async def list_muted(request: web.Request) -> web.Response:
    """List the conversations that asked to hear nothing now."""
    board = _viewing(request)
    limit = validated(PageListed, dict(request.query)).limit
    with needing_the_job_log():
        found = await board.store.overviews.muted(limit=limit + 1)
    shown = [muted_document(*lane) for lane in found[:limit]]
    return _said(MutedConversations(conversations=shown, more=len(found) > limit))


@routes.get(PATH + "/webhooks")
async def list_webhooks(request: web.Request) -> web.Response:
    """List the job systems that get events, and what waits for each."""
    board = _viewing(request)
    systems = []
    with needing_the_job_log():
        for system in board.job_systems:
            name, waiting, due_at, reason = await board.store.overviews.backlog(system.name)
            host = URL(str(system.url)).host
            systems.append(
                SystemDocument(name=name, host=host, waiting=waiting, due_at=due_at, reason=reason)
            )
    return _said(SystemsDocument(systems=systems))


@routes.get(PATH + "/runs")
async def list_runs(request: web.Request) -> web.Response:
    """List acts over many dead letters, the newest first."""
    board = _viewing(request)
    limit = validated(PageListed, dict(request.query)).limit
    with needing_the_job_log():
        found = await board.store.letter_runs.runs(limit=limit)
    return _said(RunsDocument(runs=list(map(run_document, found))))


@routes.post(PATH + "/runs", expect_handler=expect_anything)
async def start_run(request: web.Request) -> web.Response:
    """Begin an act over all dead letters that fit; it goes on by itself, at a pace."""
    board, operator = _acting(request)
    body = await read_bytes(request, request.app[PARTS].admission)
    asked = validated(RunAsked, parse_object(request, body))
    with needing_the_job_log():
        run = await board.letters.start(operator, asked.act, asked.which)
    return _said(run_document(run), HTTPStatus.ACCEPTED)


@routes.post(PATH + "/runs/{run:[1-9][0-9]*}/{switch:stop|continue}", expect_handler=expect_anything)
async def switch_run(request: web.Request) -> web.Response:
    """Stop an act over many, or let it go on."""
    board, operator = _acting(request)
    number, stop = request.match_info["run"], request.match_info["switch"] == "stop"
    if len(number) > 9:
        return _said(ChangedDocument(changed=False))
    with needing_the_job_log():
        changed = await board.letters.switch(operator, int(number), stop=stop)
    return _said(ChangedDocument(changed=changed))


@routes.get(PATH + "/audit")
async def list_acts(request: web.Request) -> web.Response:
    """List what operators did, the newest first."""
    board = _viewing(request)
    asked = validated(AuditListed, dict(request.query))
    with needing_the_job_log():
        found = await board.store.audit.entries(limit=asked.limit + 1, before=asked.before)
    before = found[asked.limit - 1].id if len(found) > asked.limit else None
    return _said(AuditDocument(entries=list(map(entry_document, found[: asked.limit])), before=before))
