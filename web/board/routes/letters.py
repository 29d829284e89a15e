"""Dead letters, acts over many of them, and the record of all acts."""

from http import HTTPStatus

from aiohttp import web
from yarl import URL

from delivery.operating.letter_rounds import PACE
from instants import instant, micros
from jobs.job import parse_job_id
from jobs.lane import LaneKey
from jobs.notice import LetterPlace
from jobs.redelivery import LetterAct
from web.api.requests import needing_the_job_log
from web.board.access import PATH
from web.board.asked import LENGTH, LetterSearch, search_letters
from web.board.serving import PARTS, SIZE, Shown, answer, see
from web.server.problems import Problem
from web.server.runner import expect_anything

routes = web.RouteTableDef()

_RUNS = 100

_HEADINGS = {LetterAct.REQUEUE: "Redeliver them", LetterAct.PURGE: "Delete them for ever"}


@routes.get(PATH + "/dead")
async def dead(request: web.Request) -> web.Response:
    """Answer with a page of dead letters, the oldest first."""
    parts = request.app[PARTS]
    visit = parts.access.require(request)
    q = request.query.get("q", "")[:LENGTH]
    search, place = search_letters(q), _place(request)
    with needing_the_job_log():
        letters, after = await parts.letters.page(search.which, limit=SIZE, after=place)
    following = None if after is None else _at(q, after)
    context = {
        "q": q,
        "faults": search.faults,
        "letters": letters,
        "first": place is None,
        "first_page": _at(q, None),
        "following": following,
    }
    live = "dead" if place is None and not q else "counts"
    return await answer(request, visit, Shown("dead.html", "dead", live=live, context=context))


@routes.get(PATH + "/dead/confirm")
async def confirm(request: web.Request) -> web.Response:
    """Answer with what an act over all that fit would change, by reason; nothing is changed."""
    parts = request.app[PARTS]
    visit = parts.access.require(request)
    q = request.query.get("q", "")[:LENGTH]
    act, search = _act(request.query.get("act", "")), _understood(q)
    with needing_the_job_log():
        matched = await parts.letters.match(search.which)
    context = {"q": q, "act": act.value, "heading": _HEADINGS[act], "matched": matched, "pace": PACE}
    return await answer(request, visit, Shown("confirm.html", "dead", context=context))


@routes.get(PATH + "/runs")
async def runs(request: web.Request) -> web.Response:
    """Answer with the newest acts over many dead letters."""
    parts = request.app[PARTS]
    visit = parts.access.require(request)
    with needing_the_job_log():
        found = await parts.store.letter_runs.runs(limit=_RUNS)
    return await answer(request, visit, Shown("runs.html", "runs", context={"runs": found}))


@routes.post(PATH + "/runs", expect_handler=expect_anything)
async def start(request: web.Request) -> web.Response:
    """Begin an act over all dead letters that fit."""
    parts = request.app[PARTS]
    visit, form = await parts.access.require_act(request)
    act, search = _act(form.get("act", "")), _understood(form.get("q", ""))
    with needing_the_job_log():
        await parts.letters.start(visit.operator, act, search.which)
    return see(f"{PATH}/runs", "run")


@routes.post(PATH + "/runs/{run:[0-9]{1,9}}/{act:stop|continue}", expect_handler=expect_anything)
async def switch(request: web.Request) -> web.Response:
    """Stop an act over many, or let it go on."""
    parts, act = request.app[PARTS], request.match_info["act"]
    visit, _ = await parts.access.require_act(request)
    number = int(request.match_info["run"])
    with needing_the_job_log():
        done = await parts.letters.switch(visit.operator, number, stop=act == "stop")
    return see(f"{PATH}/runs", act if done else "none")


@routes.get(PATH + "/audit")
async def audit(request: web.Request) -> web.Response:
    """Answer with a page of what operators did, the newest first."""
    parts = request.app[PARTS]
    visit = parts.access.require(request)
    before = parse_job_id(request.query.get("before", ""))
    before = None if before is None or before >= 2**53 else before
    with needing_the_job_log():
        entries = await parts.store.audit.entries(limit=SIZE + 1, before=before)
    following = f"{PATH}/audit?before={entries[SIZE - 1].id}" if len(entries) > SIZE else None
    context = {"entries": entries[:SIZE], "first": before is None, "following": following}
    return await answer(request, visit, Shown("audit.html", "audit", context=context))


def _act(said: str) -> LetterAct:
    try:
        return LetterAct(said)
    except ValueError as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "An act is requeue or purge.") from error


def _understood(q: str) -> LetterSearch:
    """Return what is searched for; an act on what was not understood would reach more than was meant."""
    search = search_letters(q)
    if search.faults:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "; ".join(search.faults))
    return search


def _place(request: web.Request) -> LetterPlace | None:
    at, seq = (parse_job_id(request.query.get(name, "")) for name in ("at", "seq"))
    if at is None or seq is None or at >= 2**60 or seq >= 2**60:
        return None
    return LetterPlace(instant(at), LaneKey(request.query.get("lane", "").replace("\0", "")), seq)


def _at(q: str, place: LetterPlace | None) -> str:
    query = {"q": q} if q else {}
    if place is not None:
        query |= {"at": str(micros(place.dead_at)), "lane": place.lane, "seq": str(place.seq)}
    return str(URL(PATH + "/dead").with_query(query))
