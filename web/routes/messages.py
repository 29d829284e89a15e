"""`POST /api/messages`: where channels and job systems send activities."""

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from time import perf_counter
from typing import Any

import orjson
from aiohttp import web
from botbuilder.schema import Activity, InvokeResponse

from bot.adapter import ProactiveAdapter
from bot.apology import ReplyNotTaken
from bot.caller_address import Caller
from bot.permissions import is_report_event, turn_share
from bot.proactive_bot import ProactiveBot
from bot.turn_witness import TurnWitness
from channel.outbound_tokens import OutboundTokenError
from delivery.errors import CircuitOpen
from identity.errors import AuthError
from jobs.lane import LaneKey
from log_context import CONVERSATION
from network_names import host_of
from state.errors import StoreUnavailable
from web.intake.activity_document import parse_activity
from web.intake.admission import Admission, Visit
from web.intake.auth_problems import auth_problem
from web.intake.body import largest_body, read_body, require_json
from web.intake.this_machine import require_this_machine
from web.intake.tracing import RequestTraces, Untraced
from web.intake.turn_health import TurnHealth
from web.intake.turn_meter import TurnMeter, Unmeasured, outcome_of
from web.server.problems import Problem
from web.server.runner import expect_anything
from wire import from_dict

PATH = "/api/messages"

_BODY_DEADLINE = timedelta(seconds=10)
_RETRY_AFTER = timedelta(seconds=5)

#: From this size, in bytes, parsing takes as long as the rest of a turn. Typical bodies have 1,000 bytes.
_LARGE_BODY = 32 * 1024

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageParts:
    """The parts that run a turn."""

    adapter: ProactiveAdapter
    bot: ProactiveBot
    admission: Admission
    this_machine_only: bool  #: Whether requests from other machines are refused.
    meter: TurnMeter = field(default_factory=Unmeasured)
    traces: RequestTraces = field(default_factory=Untraced)
    health: TurnHealth = field(default_factory=TurnHealth)


PARTS = web.AppKey("parts", MessageParts)

routes = web.RouteTableDef()


@routes.post(PATH + "/", expect_handler=expect_anything)  # As people type it into a channel's settings.
@routes.post(PATH, expect_handler=expect_anything)
async def receive(request: web.Request) -> web.Response:
    """
    Run one turn for the activity in the request.

    Answers when the turn has ended: 200, with a body if the activity asks for one. A channel may send an
    activity again after a 503; it is counted once.
    """
    parts = request.app[PARTS]
    try:
        answer = await _served(request, parts)
    except _TurnNotServed:
        raise
    except Problem as problem:
        parts.meter.refused(problem.status.value)
        raise
    if answer is None or answer.body is None:
        return web.Response(status=HTTPStatus.OK if answer is None else answer.status)
    return web.Response(status=answer.status, body=orjson.dumps(answer.body), content_type="application/json")


async def _served(request: web.Request, parts: MessageParts) -> InvokeResponse | None:
    """Return the answer of the turn for *request*; raise `Problem`."""
    if parts.this_machine_only:
        require_this_machine(request)
    admission = parts.admission
    with admission.request(largest_body(request)) as visit:
        require_json(request.headers.getall("Content-Type", []))
        document = await _read_document(request, admission, visit)
        # Authenticate before taking a place: other callers must not use up a conversation's share.
        caller = await _authenticate(parts.adapter, request, document)
        began = perf_counter()
        share = turn_share(
            caller.kind, caller.identity, document["channelId"], document["conversation"]["id"]
        )
        async with admission.turn(share, host_of(caller.service_url)):
            activity = from_dict(Activity, document)
            activity.service_url = caller.service_url
            turn = _measured_turn(parts, activity, caller.identity, share, began)
            reports = is_report_event(activity.type, activity.name)
            return await parts.traces.serve(request, turn, job_system=reports, event=reports)


async def _read_document(request: web.Request, admission: Admission, visit: Visit) -> dict[str, Any]:
    """Return the activity in the body of *request*, and reserve its memory in *visit*; raise `Problem`."""
    reading = read_body(request, deadline=_BODY_DEADLINE, inflating=admission.large_body())
    # A body that came with the headers is read at once and need not be interruptible.
    body = await (reading if request.content.is_eof() else admission.read(visit, reading))
    if len(body) < _LARGE_BODY:
        return parse_activity(body, visit.resize)
    async with admission.large_body():
        return parse_activity(body, visit.resize)


async def _authenticate(adapter: ProactiveAdapter, request: web.Request, document: dict[str, Any]) -> Caller:
    try:
        return await adapter.authenticate(
            request.headers.getall("Authorization", []),
            channel_id=document["channelId"],
            service_url=document["serviceUrl"],
            activity_type=document["type"],
            name=document.get("name"),
        )
    except AuthError as error:
        # The reason goes only to the log: in the response it would help an attacker.
        _log.warning("Refused an activity from %s: %s", request.remote, error.reason)
        raise auth_problem(error) from error


async def _measured_turn(
    parts: MessageParts, activity: Activity, identity: object, share: LaneKey, began: float
) -> InvokeResponse | None:
    """Run the turn of a request that was authenticated when `perf_counter` said *began*, and measure it."""
    witness = TurnWitness(parts.bot.on_turn)
    conversation = CONVERSATION.set(share)
    try:
        return await _run_turn(parts.adapter, activity, identity, witness)
    except _TurnNotServed as problem:
        witness.failure = type(problem.__cause__ or problem)
        raise
    except BaseException as error:
        witness.failure = type(error)
        raise
    finally:
        CONVERSATION.reset(conversation)
        outcome = outcome_of(witness.failure)
        parts.traces.turn(activity.type, share, outcome)
        parts.health.note(outcome, share)
        parts.meter.turn(activity.type, outcome, perf_counter() - began)


async def _run_turn(
    adapter: ProactiveAdapter, activity: Activity, identity: object, witness: TurnWitness
) -> InvokeResponse | None:
    """Run the turn; raise `Problem` for errors that the caller must see."""
    try:
        return await adapter.process_activity_with_identity(activity, identity, witness.on_turn)
    except StoreUnavailable as error:
        _log.warning("The job log is not available: %s", error)
        raise _later("The job log is not available.") from error
    except OutboundTokenError as error:
        raise _later("The bot cannot answer now.") from error
    except CircuitOpen as error:
        _log.info("A turn was not answered: %s", error)
        raise _later("The channel does not accept answers at the moment.", error.retry_after) from error
    except ReplyNotTaken as error:
        _log.error("The channel accepted neither the answer nor an apology: %s", error)
        raise _later("The channel did not accept the answer.") from error


class _TurnNotServed(Problem):
    """The turn began, and the channel should send its activity again."""


def _later(detail: str, retry_after: timedelta = _RETRY_AFTER) -> Problem:
    return _TurnNotServed(HTTPStatus.SERVICE_UNAVAILABLE, detail, retry_after=retry_after)
