"""`python -m tests.fuzz.stall`: how long the event loop stands still while identity services hang."""

import argparse
import asyncio
import gc
import logging
import os
import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient

from app import build_app
from config import Config
from tests.fakes.bot_server import BotServer
from tests.fakes.fake_connector import FakeConnector
from tests.fakes.fake_identity import CHANNEL_METADATA, DIRECTORY_METADATA, TOKEN, FakeIdentity
from tests.fakes.token_mint import APP_ID, TokenMint

_TICK = 0.005  # seconds
_CALLERS = 20


async def longest_stall(stopped: asyncio.Event) -> float:
    """Return the most seconds by which a timer of this loop came late until *stopped*."""
    longest = 0.0
    while not stopped.is_set():
        due = time.perf_counter() + _TICK
        await asyncio.sleep(_TICK)
        longest = max(longest, time.perf_counter() - due)
    return longest


async def measure(hanging: str | None, seconds: float) -> tuple[float, Counter[int]]:
    """Make the path *hanging* hang for *seconds* under load; return the stall and the statuses."""

    async def hang(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return web.Response(status=503)

    statuses: Counter[int] = Counter()
    async with FakeConnector() as connector, FakeIdentity() as identity:
        os.environ["REQUESTS_CA_BUNDLE"] = str(identity.certificate)
        if hanging is not None:
            identity.script(hanging, hang)
        config = Config(
            _env_file=None,
            DATABASE_URL="sqlite://",
            MicrosoftAppId=APP_ID,
            MicrosoftAppPassword="secret",
            ToBotFromChannelOpenIdMetadataUrl=identity.url(CHANNEL_METADATA),
            ToBotFromEmulatorOpenIdMetadataUrl=identity.url(DIRECTORY_METADATA),
            ToChannelFromBotLoginUrl=identity.authority,
            SERVICE_URL_HOSTS="http://127.0.0.1",
        )
        async with TestClient(BotServer(build_app(config))) as client:
            token = TokenMint(datetime.now(UTC)).channel(serviceurl=connector.service_url)
            stopped = asyncio.Event()
            gc.collect()
            gc.freeze()  # As the server does.
            ticking = asyncio.create_task(longest_stall(stopped))
            async with asyncio.timeout(seconds + 30), asyncio.TaskGroup() as callers:
                end = time.monotonic() + seconds
                for number in range(_CALLERS):
                    callers.create_task(_call(client, connector.service_url, token, number, end, statuses))
            stopped.set()
            return await ticking, statuses


async def _call(
    client: TestClient[Any, Any],
    service_url: str,
    token: str,
    number: int,
    end: float,
    statuses: Counter[int],
) -> None:
    activity = {
        "type": "message",
        "text": "run",
        "channelId": "webchat",
        "serviceUrl": service_url,
        "conversation": {"id": f"conversation-{number}"},
        "from": {"id": "user"},
    }
    while time.monotonic() < end:
        headers = {"Authorization": f"Bearer {token}"}
        async with client.post("/api/messages", json=activity, headers=headers) as answer:
            statuses[answer.status] += 1
        await asyncio.sleep(0.05)


def main() -> None:
    """Print the longest stall with nothing hanging, to compare with; the key server; the token endpoint."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30)
    seconds = parser.parse_args().seconds
    logging.disable()
    for name, path in (("nothing", None), ("key server", CHANNEL_METADATA), ("token endpoint", TOKEN)):
        stall, statuses = asyncio.run(measure(path, seconds))
        answers = ", ".join(f"{count:,} x {status}" for status, count in sorted(statuses.items()))
        print(f"{name} hangs for {seconds:g} s: longest stall {1000 * stall:.1f} ms; answers: {answers}")


if __name__ == "__main__":
    main()
