"""What the routes of the board share: their parts, and how a page is answered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Protocol

from aiohttp import web

from delivery.operating.acts import OperatorActs
from delivery.operating.dead_letters import DeadLetterActs
from jobs.job import JobId
from jobs.lane import ParkedLane
from jobs.service import JobService
from state.store.operators.store import OperatorStore
from web.api.requests import needing_the_job_log
from web.board.access import Access, Visit
from web.board.feed import BoardFeed
from web.board.pages import HEADERS, Pages
from web.routes.health import READINESS

#: Rows of one page.
SIZE = 50


class ParkedLanes(Protocol):
    """The method of a store that is used here."""

    async def parked(self, *, limit: int, after: ParkedLane | None = None) -> Sequence[ParkedLane]: ...


class JobSystem(Protocol):
    """What is shown of a job system."""

    @property
    def name(self) -> str: ...
    @property
    def url(self) -> Any: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class BoardParts:
    """The parts that serve the board."""

    access: Access
    pages: Pages
    store: OperatorStore
    parked: ParkedLanes
    jobs: JobService
    letters: DeadLetterActs
    acts: OperatorActs
    feed: BoardFeed
    job_systems: Sequence[JobSystem]
    rests: Callable[[str | None], timedelta]  #: How long nothing is sent to the service at a URL.


PARTS = web.AppKey("board parts", BoardParts)


async def takes_writes(request: web.Request) -> bool:
    """Return whether the database takes writes: pages are read, which it may allow all the same."""
    return (await request.app[READINESS].parts())["store"]


@dataclass(slots=True)
class Shown:
    """A page that is to be answered."""

    template: str
    here: str = ""  #: The entry of the menu.
    live: str = "counts"  #: What is kept up to date: a kind of `BoardFeed`, or the counts alone.
    follows: Sequence[JobId] = ()
    context: dict[str, Any] = field(default_factory=dict)


async def answer(request: web.Request, visit: Visit, shown: Shown) -> web.Response:
    """Return a page for the person of *visit*."""
    parts = request.app[PARTS]
    with needing_the_job_log():
        counts = await parts.store.overviews.counts()
    text = parts.pages.render(
        shown.template,
        visit=visit,
        counts=counts,
        here=shown.here,
        live=shown.live,
        follows=",".join(map(str, shown.follows)),
        notice=NOTICES.get(request.query.get("did", ""), ""),
        **shown.context,
    )
    response = web.Response(text=text, content_type="text/html", headers=HEADERS)
    if visit.is_new:
        parts.access.remember(response, visit.cookie)
    return response


#: What a page says after an act: the URL names one of these, and no text of its own.
NOTICES = {
    "cancel": "The job system was asked to cancel the job.",
    "ended": "The job had ended before; nothing was changed.",
    "requeue": "It is requeued, and goes out next.",
    "purge": "It is deleted.",
    "try": "It is tried now.",
    "none": "There was nothing to change.",
    "run": "It has begun, and goes on by itself.",
    "stop": "It is stopped.",
    "continue": "It goes on.",
}


def see(path: str, did: str) -> web.Response:
    """Return an answer that leads a browser on after an act."""
    mark = "&" if "?" in path else "?"
    location = f"{path}{mark}did={did}"
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={**HEADERS, "Location": location})
