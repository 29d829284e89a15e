"""The overview, the list of jobs, and one job."""

from datetime import timedelta

from aiohttp import web
from yarl import URL

from instants import utc_now
from jobs.changes import ReportResult
from jobs.history import JobHistory
from jobs.job import JOB_ID_LIMIT, JobId, parse_job_id
from jobs.operators import job_target
from jobs.redelivery import LetterAct
from jobs.reports import load_content
from web.api.requests import needing_the_job_log, number_in, unknown_job
from web.board.access import PATH
from web.board.asked import LENGTH, search_jobs
from web.board.charts import MINUTES, latency, throughput
from web.board.serving import PARTS, SIZE, BoardParts, Shown, answer, see, takes_writes
from web.board.steps import steps_of
from web.board.why import are_told, why
from web.server.runner import expect_anything

routes = web.RouteTableDef()


@routes.get(PATH)
@routes.get(PATH + "/")
async def overview(request: web.Request) -> web.Response:
    """Answer whether people are being told, with the last hour."""
    parts = request.app[PARTS]
    visit = parts.access.require(request)
    with needing_the_job_log():
        counts = await parts.store.overviews.counts()
        minutes = await parts.store.minutes.since(timedelta(minutes=MINUTES))
    charts = [throughput(minutes, counts.now), latency(minutes, counts.now)]
    context = {
        "charts": charts,
        "answer": are_told(counts, minutes, takes_writes=await takes_writes(request)),
    }
    return await answer(request, visit, Shown("overview.html", context=context))


@routes.get(PATH + "/jobs")
async def list_jobs(request: web.Request) -> web.Response:
    """Answer with a page of jobs; `q` is the search, `before` where the page begins."""
    parts = request.app[PARTS]
    visit = parts.access.require(request)
    q = request.query.get("q", "")[:LENGTH]
    before = parse_job_id(request.query.get("before", "")) or JobId(JOB_ID_LIMIT)
    search = search_jobs(q, size=SIZE, before=before, now=utc_now(), with_titles=parts.pages.shows_texts)
    with needing_the_job_log():
        found = await parts.jobs.list(search.asked)
        reports = await parts.store.overviews.reports([job.id for job in found.jobs])
    first = "before" not in request.query
    following = None if found.before is None else _at(q, before=str(found.before))
    shown = [reports[job.id] for job in found.jobs if job.id in reports]
    newest = first and not q
    return await answer(
        request,
        visit,
        Shown(
            "jobs.html",
            "jobs",
            live="jobs" if newest else "counts",
            follows=() if newest else [report.job.id for report in shown],
            context={
                "q": q,
                "faults": search.faults,
                "reports": shown,
                "size": SIZE,
                "first": first,
                "first_page": _at(q),
                "following": following,
            },
        ),
    )


def _at(q: str, **place: str) -> str:
    return str(URL(PATH + "/jobs").with_query({**({"q": q} if q else {}), **place}))


@routes.get(PATH + "/jobs/{job:[0-9]+}")
async def show_job(request: web.Request) -> web.Response:
    """Answer with all that is known of a job."""
    parts, job_id = request.app[PARTS], number_in(request)
    visit = parts.access.require(request)
    history = await _history(parts, job_id)
    lane = history.lane
    context = {
        "history": history,
        "job": history.report.job,
        "answer": why(
            history,
            host_rests=parts.rests(lane.service_url if lane else None),
            takes_writes=await takes_writes(request),
        ),
        "steps": steps_of(history),
        "content_of": load_content(history.report.job.report),
        "may_hasten": lane is not None and not lane.leased and lane.tail > lane.head,
    }
    return await answer(request, visit, Shown("job.html", "jobs", follows=[job_id], context=context))


async def _history(parts: BoardParts, job_id: JobId) -> JobHistory:
    with needing_the_job_log():
        history = await parts.store.histories.history(job_id)
    if history is None:
        raise unknown_job(job_id)
    return history


@routes.post(PATH + "/jobs/{job:[0-9]+}/cancel", expect_handler=expect_anything)
async def cancel(request: web.Request) -> web.Response:
    """Ask the job system to cancel a job."""
    parts, job_id = request.app[PARTS], number_in(request)
    visit, _ = await parts.access.require_act(request)
    await _history(parts, job_id)
    with needing_the_job_log():
        result = await parts.acts.cancel(visit.operator, job_id)
    return see(f"{PATH}/jobs/{job_id}", "ended" if result is ReportResult.ALREADY_FINISHED else "cancel")


@routes.post(PATH + "/jobs/{job:[0-9]+}/requeue", expect_handler=expect_anything)
async def requeue(request: web.Request) -> web.Response:
    """Requeue the dead letters of a job."""
    return await _change(request, LetterAct.REQUEUE)


@routes.post(PATH + "/jobs/{job:[0-9]+}/purge", expect_handler=expect_anything)
async def purge(request: web.Request) -> web.Response:
    """Delete the dead letters of a job."""
    return await _change(request, LetterAct.PURGE)


async def _change(request: web.Request, act: LetterAct) -> web.Response:
    parts, job_id = request.app[PARTS], number_in(request)
    visit, _ = await parts.access.require_act(request)
    dead = (await _history(parts, job_id)).dead
    letters = [] if dead is None else [dead]
    with needing_the_job_log():
        changed = await parts.letters.do_these(visit.operator, act, letters, job_target(job_id))
    return see(f"{PATH}/jobs/{job_id}", act.value if changed else "none")
