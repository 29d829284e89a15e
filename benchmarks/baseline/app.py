"""The samples' app.py: one adapter, one bot, one route. Starts with as many jobs in its log as JOBS says."""

from __future__ import annotations

import os
import sys
import traceback
from http import HTTPStatus

from aiohttp import web
from aiohttp.web import Request, Response, json_response
from botbuilder.core import BotFrameworkAdapter, BotFrameworkAdapterSettings, MemoryStorage, TurnContext
from botbuilder.core.integration import aiohttp_error_middleware
from botbuilder.schema import Activity, ChannelAccount, ConversationAccount, ConversationReference

from benchmarks.baseline.bot import ProactiveBot
from benchmarks.baseline.job_state import JobData, JobState


async def on_error(turn_context: TurnContext, error: Exception) -> None:
    print(f"[on_turn_error] unhandled error: {error}", file=sys.stderr)
    traceback.print_exception(error)
    await turn_context.send_activity("Sorry, it looks like something went wrong.")


def job_document(jobs: int) -> dict[str, object]:
    """Return the bot state document that *jobs* earlier turns would have left."""
    log = {}
    for number in range(1, jobs + 1):
        reference = ConversationReference(
            activity_id=f"{number:08x}-e5ed-11f1-90a8-5d13395dbf3d",
            bot=ChannelAccount(id="6c412310-21c3-4cb3-ae52-a5d80a4c3459", name="Bot", role="bot"),
            channel_id="emulator",
            conversation=ConversationAccount(id=f"{number:08x}-e5ed-11f1-90a8-5d13395dbf3d|livechat"),
            service_url="http://localhost:9002",
            user=ChannelAccount(id="2a2a0ee2-bf09-44a0-bbc1-3e0b74b34717", name="User", role="user"),
        )
        log[str(number)] = JobData(time_stamp=number, conversation=reference)
    return {JobState.STORAGE_KEY: {"JobLog": log}} if jobs else {}


ADAPTER = BotFrameworkAdapter(BotFrameworkAdapterSettings(app_id="", app_password=""))
ADAPTER.on_turn_error = on_error
BOT = ProactiveBot(ADAPTER, JobState(MemoryStorage(job_document(int(os.environ.get("JOBS", "0"))))))


async def messages(request: Request) -> Response:
    if "application/json" not in request.headers["Content-Type"]:
        return Response(status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    activity = Activity().deserialize(await request.json())
    auth_header = request.headers.get("Authorization", "")
    invoked = await ADAPTER.process_activity(activity, auth_header, BOT.on_turn)
    if invoked:
        return json_response(data=invoked.body, status=invoked.status)
    return Response(status=HTTPStatus.CREATED)


APP = web.Application(middlewares=[aiohttp_error_middleware])
APP.router.add_post("/api/messages", messages)

if __name__ == "__main__":
    web.run_app(APP, host="127.0.0.1", port=int(os.environ["PORT"]), print=None)
