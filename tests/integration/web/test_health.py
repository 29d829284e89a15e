"""The responses to health probes."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from aiohttp import web
from aiohttp.test_utils import TestClient

from app import build_app
from compose import Surroundings
from state.errors import StoreUnavailable
from tests.fakes.bot_server import BotServer
from tests.fakes.chat import Chat
from tests.fakes.seconds import Seconds
from version import VERSION
from web.routes import health
from web.routes.health import READINESS, Readiness

READY = (200, {"status": "ok", "store": "ok", "version": VERSION})
UNREADY = (503, {"status": "unavailable", "store": "unavailable", "version": VERSION})


class Store:
    """A store whose answer the test sets."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.asked = asyncio.Event()
        self.answers = asyncio.Event()
        self.answers.set()
        self.times = 0

    async def check(self) -> None:
        self.times += 1
        self.asked.set()
        await self.answers.wait()
        if self.error:
            raise self.error


@asynccontextmanager
async def probing(store, **timing) -> AsyncIterator:
    """``async with probing(store) as probe``: ``await probe(path)`` is the status and the body."""
    app = web.Application()
    app.add_routes(health.routes)
    app[READINESS] = Readiness({"store": store.check}, **timing)
    async with TestClient(BotServer(app)) as client:

        async def probe(path):
            answer = await client.get(path)
            return answer.status, await answer.json()

        yield probe


async def test_the_real_bot_is_alive_and_ready(bot):
    for path in ("/healthz", "/readyz"):
        answer = await bot.get(path)
        assert (answer.status, (await answer.json())["status"]) == (200, "ok")


async def test_a_store_that_fails_makes_it_unready_but_no_less_alive():
    store = Store()
    store.error = StoreUnavailable("what failed is for the log alone")
    async with probing(store) as probe:
        assert await probe("/readyz") == UNREADY
        assert await probe("/healthz") == (200, {"status": "ok"})


async def test_a_store_that_hangs_makes_it_unready_in_time():
    store = Store()
    store.answers.clear()
    async with probing(store, deadline=timedelta(milliseconds=1)) as probe:
        assert await probe("/readyz") == UNREADY


async def test_many_probes_at_once_ask_the_store_once():
    store = Store()
    store.answers.clear()
    async with probing(store, fresh=timedelta(hours=1)) as probe:
        probes = asyncio.gather(*(probe("/readyz") for _ in range(20)))
        await store.asked.wait()
        store.answers.set()
        assert await probes == [READY] * 20
    assert store.times == 1


async def test_a_store_that_is_back_is_noticed():
    store = Store()
    store.error = StoreUnavailable("down")
    async with probing(store, fresh=timedelta()) as probe:
        assert await probe("/readyz") == UNREADY
        store.error = None
        assert await probe("/readyz") == READY


async def test_a_part_that_fails_is_named():
    async def fails() -> None:
        raise RuntimeError("for the log alone")

    app = web.Application()
    app.add_routes(health.routes)
    app[READINESS] = Readiness({"turns": fails, "store": Store().check})
    async with TestClient(BotServer(app)) as client:
        answer = await client.get("/readyz")
        said = {"status": "unavailable", "turns": "unavailable", "store": "ok", "version": VERSION}
        assert (answer.status, await answer.json()) == (503, said)


async def test_while_every_turn_fails_the_bot_is_not_ready_though_its_database_answers(config, connector):
    """What is broken here is one table, which no look at the database finds."""
    seconds = Seconds()
    app = build_app(config, around=Surroundings(monotonic=seconds))
    path = config.database_url.get_secret_value().removeprefix("sqlite:///")
    async with TestClient(BotServer(app)) as bot:
        database = sqlite3.connect(path)
        database.execute("ALTER TABLE totals RENAME TO gone")
        database.close()
        for number in range(10):
            seconds.now += 2
            chat = Chat(client=bot, connector=connector, conversation_id=f"c{number}")
            assert (await chat.post(type="message", text="run")).status == 503
        answer = await bot.get("/readyz")
        assert answer.status == 503
        said = await answer.json()
        assert (said["turns"], said["store"], said["delivery"]) == ("unavailable", "ok", "ok")
