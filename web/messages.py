"""`POST /api/messages`: where channels and job systems send activities."""

from datetime import timedelta
from http import HTTPStatus

import orjson
from aiohttp import web
from botbuilder.core import Bot, BotFrameworkAdapter
from botbuilder.schema import Activity

from state.errors import StoreUnavailable
from web.activity_document import parse_activity
from web.body import read_body, require_json
from web.problems import Problem
from wire import from_dict

PATH = "/api/messages"

ADAPTER = web.AppKey("adapter", BotFrameworkAdapter)
BOT = web.AppKey("bot", Bot)

_BODY_DEADLINE = timedelta(seconds=10)
_RETRY_AFTER = timedelta(seconds=5)

routes = web.RouteTableDef()


@routes.post(PATH)
async def receive(request: web.Request) -> web.Response:
    """
    Run one turn for the activity in the request.

    Answers when the turn is over: 200, with a body where the activity asks for one. A channel may send an
    activity again after a 503; it counts once.
    """
    require_json(request.headers.getall("Content-Type", []))
    activity = from_dict(Activity, parse_activity(await read_body(request, deadline=_BODY_DEADLINE)))
    try:
        answer = await request.app[ADAPTER].process_activity(
            activity, request.headers.get("Authorization", ""), request.app[BOT].on_turn
        )
    except PermissionError as error:
        raise Problem(HTTPStatus.UNAUTHORIZED, "The request is not from a channel of this bot.") from error
    except StoreUnavailable as error:
        raise Problem(
            HTTPStatus.SERVICE_UNAVAILABLE, "The job log is not available.", retry_after=_RETRY_AFTER
        ) from error
    if answer is None or answer.body is None:
        return web.Response(status=HTTPStatus.OK if answer is None else answer.status)
    return web.Response(status=answer.status, body=orjson.dumps(answer.body), content_type="application/json")
