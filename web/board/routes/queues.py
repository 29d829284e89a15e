"""Queues in which something waits: all, parked ones, muted ones, and those of job systems."""

from datetime import datetime
from http import HTTPStatus

from aiohttp import web
from yarl import URL

from instants import instant, micros
from jobs.job import parse_job_id
from jobs.lane import LaneKey, ParkedLane
from web.api.requests import needing_the_job_log
from web.board.access import PATH
from web.board.serving import PARTS, SIZE, Shown, answer, see
from web.server.problems import Problem
from web.server.runner import expect_anything

routes = web.RouteTableDef()

_LONGEST_LANE = 2_000  # characters


@routes.get(PATH + "/waiting")
async def waiting(request: web.Request) -> web.Response:
    """Answer with the queues in which notices wait, what is due first at first."""
    after, first = _place(request)
    with needing_the_job_log():
        found = await request.app[PARTS].store.overviews.waiting(limit=SIZE + 1, after=after)
    last = found[SIZE - 1] if len(found) > SIZE else None
    return await _page(
        request,
        "waiting",
        "Queues in which notices wait",
        "What is due first comes first. Each conversation has a queue, and each job a queue of events.",
        ["To", "Notices", "Oldest: job", "Owed", "Due", "Failed attempts", "Last error"],
        found[:SIZE],
        following=last and _following("waiting", last.due_at, last.lane),
        tries=True,
        first=first,
    )


@routes.get(PATH + "/parked")
async def parked(request: web.Request) -> web.Response:
    """Answer with the conversations that cannot be told anything, the longest parked first."""
    (at, lane), first = _place(request)
    after = None if first else ParkedLane(LaneKey(lane), instant(at), 0, None, None)
    with needing_the_job_log():
        found = await request.app[PARTS].parked.parked(limit=SIZE + 1, after=after)
    last = found[SIZE - 1] if len(found) > SIZE else None
    return await _page(
        request,
        "parked",
        "Parked conversations",
        "They cannot be told anything until a person acts, such as unblocking the bot. The longest parked"
        " come first.",
        ["To", "Notices", "Parked", "Next probe", "Reason"],
        found[:SIZE],
        following=last and _following("parked", last.parked_at, last.lane),
        tries=True,
        first=first,
    )


@routes.get(PATH + "/muted")
async def muted(request: web.Request) -> web.Response:
    """Answer with the conversations that asked to hear nothing, the one that hears next at first."""
    after, first = _place(request)
    with needing_the_job_log():
        found = await request.app[PARTS].store.overviews.muted(limit=SIZE + 1, after=after)
    last = found[SIZE - 1] if len(found) > SIZE else None
    return await _page(
        request,
        "muted",
        "Muted conversations",
        "People there said “mute”. What waits comes as one message. No operator can change that. Quiet hours"
        " are on the page of what waits.",
        ["To", "Notices", "Until"],
        found[:SIZE],
        following=last and _following("muted", last.until, last.lane),
        tries=False,
        first=first,
    )


async def _page(
    request: web.Request,
    here: str,
    heading: str,
    said: str,
    columns: list[str],
    lanes: object,
    *,
    following: str | None,
    tries: bool,
    first: bool,
) -> web.Response:
    context = {
        "heading": heading,
        "said": said,
        "columns": columns,
        "lanes": lanes,
        "following": following,
        "tries": tries,
        "first": first,
    }
    live = here if first and here != "muted" else "counts"
    visit = request.app[PARTS].access.require(request)
    return await answer(request, visit, Shown("queues.html", here, live=live, context=context))


@routes.post(PATH + "/queues/try", expect_handler=expect_anything)
async def try_now(request: web.Request) -> web.Response:
    """Try one queue now."""
    parts = request.app[PARTS]
    visit, form = await parts.access.require_act(request)
    lane = form.get("lane", "")
    if not lane or len(lane) > _LONGEST_LANE or "\0" in lane:
        raise Problem(HTTPStatus.BAD_REQUEST, "A queue is needed.")
    with needing_the_job_log():
        done = await parts.acts.hasten(visit.operator, LaneKey(lane))
    job_id = parse_job_id(form.get("job", ""))
    page = "parked" if form.get("page") == "parked" else "waiting"
    return see(f"{PATH}/jobs/{job_id}" if job_id else f"{PATH}/{page}", "try" if done else "none")


@routes.get(PATH + "/webhooks")
async def webhooks(request: web.Request) -> web.Response:
    """Answer with the job systems that get events, and what waits for each."""
    parts = request.app[PARTS]
    visit = parts.access.require(request)
    with needing_the_job_log():
        systems = [
            {
                "backlog": await parts.store.overviews.backlog(system.name),
                "host": URL(str(system.url)).host,
                "rests": parts.rests(str(system.url)),
            }
            for system in parts.job_systems
        ]
    return await answer(request, visit, Shown("webhooks.html", "webhooks", context={"systems": systems}))


def _place(request: web.Request) -> tuple[tuple[int, str], bool]:
    """Return where the page begins, and whether it is the first. Raises unless the caller may see it."""
    request.app[PARTS].access.require(request)
    at, lane = parse_job_id(request.query.get("at", "")), request.query.get("lane", "")[:_LONGEST_LANE]
    if at is None or at >= 2**60:
        return (0, ""), True
    return (int(at), lane.replace("\0", "")), False


def _following(page: str, at: datetime, lane: str) -> str:
    return str(URL(f"{PATH}/{page}").with_query(at=str(micros(at)), lane=lane))
