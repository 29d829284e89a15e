"""`GET /api/parked`: the conversations that cannot be told anything now, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

from aiohttp import web

from jobs.lane import ParkedLane
from jobs.operators import Role
from web.api.callers import ApiCallers
from web.api.documents import as_json
from web.api.parked import Listed, ParkedConversations, parked_document
from web.api.requests import json_answer, needing_the_job_log, validated

PATH = "/api/parked"


class ParkedLanes(Protocol):
    """The method of a store that is used here; see `state.store.port.Outbox`."""

    async def parked(self, *, limit: int, after: ParkedLane | None = None) -> Sequence[ParkedLane]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class ParkedParts:
    """The parts that answer about parked conversations."""

    store: ParkedLanes
    callers: ApiCallers


PARTS = web.AppKey("parked parts", ParkedParts)

routes = web.RouteTableDef()


@routes.get(PATH)
async def list_parked(request: web.Request) -> web.Response:
    """List parked conversations, the longest parked first."""
    parts = request.app[PARTS]
    parts.callers.require_operator(request, Role.VIEWER)
    asked = validated(Listed, dict(request.query))
    with needing_the_job_log():
        found = await parts.store.parked(limit=asked.limit + 1)
    shown = [parked_document(lane) for lane in found[: asked.limit]]
    document = ParkedConversations(conversations=shown, more=len(found) > asked.limit)
    return json_answer(HTTPStatus.OK, as_json(document))
