"""`/api/dead-letters`: see what was given up on, and requeue or purge it by filter."""

import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol

from aiohttp import web

from jobs.notice import DeadLetter
from web.api.callers import ApiCallers
from web.api.dead_letters import Act, ActDocument, Filter, LettersDocument, Listed, letter_document
from web.api.documents import as_json
from web.api.requests import json_answer, needing_the_job_log, parse_object, read_bytes, validated
from web.intake.admission import Admission
from web.server.runner import expect_anything

PATH = "/api/dead-letters"

#: Dead letters that one request looks at, and that one changes: so many go through the database together.
SCANNED, CHANGED = 10_000, 200

_PAGE = 500

_log = logging.getLogger(__name__)


class DeadLetters(Protocol):
    """The methods of a store that are used here; see `state.store.port.DeadLetterStore`."""

    async def dead_letters(self, *, limit: int, after: DeadLetter | None = None) -> list[DeadLetter]: ...
    async def requeue_letters(self, letters: Sequence[DeadLetter]) -> int: ...
    async def purge_letters(self, letters: Sequence[DeadLetter]) -> int: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadLetterParts:
    """The parts that answer about dead letters."""

    store: DeadLetters
    callers: ApiCallers
    admission: Admission


PARTS = web.AppKey("dead letter parts", DeadLetterParts)

routes = web.RouteTableDef()


@routes.get(PATH)
async def list_letters(request: web.Request) -> web.Response:
    """List dead letters, the oldest first."""
    parts = request.app[PARTS]
    parts.callers.require(request)
    asked = validated(Listed, dict(request.query))
    with needing_the_job_log():
        found = [letter async for letter in _matching(parts.store, asked, asked.limit + 1)]
    shown = [letter_document(letter) for letter in found[: asked.limit]]
    return json_answer(HTTPStatus.OK, as_json(LettersDocument(letters=shown, more=len(found) > asked.limit)))


@routes.post(PATH + "/requeue", expect_handler=expect_anything)
async def requeue(request: web.Request) -> web.Response:
    """Put dead letters back at the ends of their lanes, at most `CHANGED` at a time."""
    return await _act(request, request.app[PARTS].store.requeue_letters, "requeued")


@routes.post(PATH + "/purge", expect_handler=expect_anything)
async def purge(request: web.Request) -> web.Response:
    """Delete dead letters, at most `CHANGED` at a time."""
    return await _act(request, request.app[PARTS].store.purge_letters, "purged")


async def _act(
    request: web.Request, change: Callable[[Sequence[DeadLetter]], Awaitable[int]], did: str
) -> web.Response:
    parts = request.app[PARTS]
    parts.callers.require(request)
    body = await read_bytes(request, parts.admission)
    said: dict[str, Any] = parse_object(request, body) if body else {}
    asked = validated(Act, said)
    with needing_the_job_log():
        found = [letter async for letter in _matching(parts.store, asked, SCANNED)]
        now = [] if asked.dry_run else found[:CHANGED]
        changed = await change(now) if now else 0
    if changed:
        _log.warning("%d dead letters were %s for %s", changed, did, request.remote)
    document = ActDocument(
        matched=len(found),
        by_reason=dict(Counter(_reason(letter) for letter in found).most_common(20)),
        changed=changed,
        more=not asked.dry_run and len(found) > len(now),
    )
    return json_answer(HTTPStatus.OK, as_json(document))


async def _matching(store: DeadLetters, asked: Filter, most: int) -> AsyncIterator[DeadLetter]:
    """Yield at most *most* of the oldest dead letters that fit, among `SCANNED`."""
    after, scanned, found = None, 0, 0
    while scanned < SCANNED and found < most:
        page = await store.dead_letters(limit=_PAGE, after=after)
        for letter in page:
            if asked.fits(letter) and found < most:
                found += 1
                yield letter
        if len(page) < _PAGE:
            return
        after, scanned = page[-1], scanned + len(page)


def _reason(letter: DeadLetter) -> str:
    """Return the part of a reason that many have in common: what comes before the details."""
    kind, mark, _ = letter.error.partition("): ")
    return (kind + mark.rstrip(": "))[:80]
