"""`/api/dead-letters`: see what was given up on, and requeue or purge it by filter."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from aiohttp import web

from delivery.operating.dead_letters import DeadLetterActs
from jobs.operators import Role
from jobs.redelivery import LetterAct
from web.api.callers import ApiCallers
from web.api.dead_letters import Act, ActDocument, LettersDocument, Listed, letter_document
from web.api.documents import as_json
from web.api.requests import json_answer, needing_the_job_log, parse_object, read_bytes, validated
from web.intake.admission import Admission
from web.server.runner import expect_anything

PATH = "/api/dead-letters"


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadLetterParts:
    """The parts that answer about dead letters."""

    letters: DeadLetterActs
    callers: ApiCallers
    admission: Admission
    shows_texts: bool


PARTS = web.AppKey("dead letter parts", DeadLetterParts)

routes = web.RouteTableDef()


@routes.get(PATH)
async def list_letters(request: web.Request) -> web.Response:
    """List dead letters, the oldest first."""
    parts = request.app[PARTS]
    parts.callers.require_operator(request, Role.VIEWER)
    asked = validated(Listed, dict(request.query))
    with needing_the_job_log():
        found, _ = await parts.letters.page(asked.which, limit=asked.limit + 1)
    shown = [letter_document(letter, with_title=parts.shows_texts) for letter in found[: asked.limit]]
    return json_answer(HTTPStatus.OK, as_json(LettersDocument(letters=shown, more=len(found) > asked.limit)))


@routes.post(PATH + "/requeue", expect_handler=expect_anything)
async def requeue(request: web.Request) -> web.Response:
    """Put dead letters back at the ends of their lanes, so many at a time."""
    return await _act(request, LetterAct.REQUEUE)


@routes.post(PATH + "/purge", expect_handler=expect_anything)
async def purge(request: web.Request) -> web.Response:
    """Delete dead letters, so many at a time."""
    return await _act(request, LetterAct.PURGE)


async def _act(request: web.Request, act: LetterAct) -> web.Response:
    parts = request.app[PARTS]
    operator = parts.callers.require_operator(request)
    body = await read_bytes(request, parts.admission)
    said: dict[str, Any] = parse_object(request, body) if body else {}
    asked = validated(Act, said)
    changed, more = 0, False
    with needing_the_job_log():
        if asked.dry_run:
            matched = await parts.letters.match(asked.which)
        else:
            matched, changed, more = await parts.letters.do(operator, act, asked.which)
    document = ActDocument(
        matched=len(matched.letters), by_reason=matched.by_reason, changed=changed, more=more
    )
    return json_answer(HTTPStatus.OK, as_json(document))
