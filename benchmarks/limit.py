"""
The limit: what any bot on aiohttp has to pay. It parses the activity, posts the answer, returns 200.

No SDK, no state, no checks. `done` costs two posts, since a bot owes an acknowledgement and a notice.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import quote

import orjson
import uvloop
from aiohttp import ClientSession, TCPConnector, web

SESSION = web.AppKey("session", ClientSession)
HELP = "Type `run` to start a job.\n\nType `show` to list the jobs.\n\nType `done <n>` to complete one."
JOB_LOG = "\n".join(
    ["| Job | Conversation | Completed |", "| --- | --- | --- |"]
    + [f"| {1_795_294_573_959_000 + row} | fceff470 | no |" for row in range(20)]
)

job_ids = itertools.count(1_795_294_573_959_000)


def started() -> list[str]:
    return [f"We're starting job {next(job_ids)} for you. We'll notify you when it's complete."]


def completing(job: object) -> list[str]:
    return [f"Completing job {job}.", f"Job {job} is complete."]


ANSWERS: dict[str, Callable[[], list[str]]] = {"run": started, "show": lambda: [JOB_LOG]}


def answers(activity: dict[str, Any]) -> list[str]:
    if activity["type"] == "event":
        return completing(activity["value"])[1:]
    command, _, job = activity["text"].partition(" ")
    if command == "done":
        return completing(job)
    return ANSWERS.get(command, lambda: [HELP])()


async def messages(request: web.Request) -> web.Response:
    activity = orjson.loads(await request.read())
    conversation = activity["conversation"]
    url = f"{activity['serviceUrl']}/v3/conversations/{quote(conversation['id'], safe='')}/activities"
    for text in answers(activity):
        reply = {
            "type": "message",
            "channelId": activity["channelId"],
            "serviceUrl": activity["serviceUrl"],
            "conversation": conversation,
            "from": activity["recipient"],
            "recipient": activity["from"],
            "inputHint": "acceptingInput",
            "text": text,
        }
        if activity["type"] == "message":
            reply["replyToId"] = activity["id"]
        async with request.app[SESSION].post(
            url, data=orjson.dumps(reply), headers={"Content-Type": "application/json"}
        ) as response:
            await response.read()
    return web.Response()


async def session(app: web.Application) -> AsyncIterator[None]:
    async with ClientSession(connector=TCPConnector(limit=0)) as app[SESSION]:
        yield


def build_app() -> web.Application:
    app = web.Application()
    app.cleanup_ctx.append(session)
    app.router.add_post("/api/messages", messages)
    return app


if __name__ == "__main__":
    web.run_app(
        build_app(),
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        print=None,
        access_log=None,
        loop=uvloop.new_event_loop(),
    )
