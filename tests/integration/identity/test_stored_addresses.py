"""An address is checked when something is sent there, not only when it is stored."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from aiohttp.test_utils import TestClient

from app import build_app
from config import Config
from jobs.job import JobId, NoticeStatus
from state.store.opening import open_store
from tests.fakes.bot_server import BotServer
from tests.fakes.chat import Chat
from tests.fakes.token_mint import SERVICE_URL

NOT_NAMED = {"SERVICE_URL_HOSTS": ""}
PATIENCE = 10  # seconds


async def start(chat: Chat) -> JobId:
    """Start a job and return its number; the answer comes with the response, so nothing need be sent."""
    answer = await chat.post(type="message", text="run", deliveryMode="expectReplies")
    assert answer.status == 200, await answer.text()
    found = re.search(r"starting job (\d+)", await answer.text())
    assert found
    return JobId(int(found[1]))


@pytest.fixture
async def store(settings) -> AsyncIterator:
    """A look at the database, as an operator takes it."""
    async with open_store(settings["DATABASE_URL"], lease=timedelta(seconds=30)) as store:
        yield store


async def completed(bot, store, number: JobId) -> None:
    """Have the job system complete the job."""
    job_system = bot.job_system(serviceUrl=SERVICE_URL)
    assert (await job_system.post(type="event", name="jobComplete", value=number)).status == 200


async def dead_letter(store, number: JobId) -> str:
    """Wait until the job's notice is a dead letter and return the reason."""
    async with asyncio.timeout(PATIENCE):
        while (letter := await store.dead_letter(number)) is None:
            pass  # The notice is on its way.
    assert letter.attempts == 1
    return letter.error


async def test_a_job_from_before_the_app_id_was_set_does_not_get_the_bots_token(
    guarded, settings, connector, store
):
    before = Config(_env_file=None, DATABASE_URL=settings["DATABASE_URL"], PORT=0)
    async with TestClient(BotServer(build_app(before))) as client:
        number = await start(Chat(client=client, connector=connector, conversation_id="a"))
    async with guarded(**NOT_NAMED) as bot:
        await completed(bot, store, number)
        assert "SERVICE_URL_HOSTS" in await dead_letter(store, number)
    assert connector.arrivals == []


async def test_nor_does_a_host_that_the_operator_names_no_more(guarded, connector, store):
    async with guarded() as bot:
        number = await start(bot.user())
    async with guarded(**NOT_NAMED) as bot:
        await completed(bot, store, number)
        assert "SERVICE_URL_HOSTS" in await dead_letter(store, number)
    assert connector.arrivals == []


async def test_a_dead_letter_goes_out_once_its_host_is_named(guarded, connector, store):
    async with guarded() as bot:
        number = await start(bot.user())
    async with guarded(**NOT_NAMED) as bot:
        await completed(bot, store, number)
        await dead_letter(store, number)
    async with guarded():
        assert await store.requeue(number)
        assert (await connector.next_in("a")).text == f"Job {number} is complete."


async def test_the_emulator_is_told_after_a_restart_while_it_is_let_in(guarded, connector, store):
    async with guarded(**NOT_NAMED, EMULATOR_TOKENS=True) as bot:
        numbers = [await start(bot.chat(bot.mint.emulator(), "e", channelId="emulator")) for _ in "12"]
    async with guarded(**NOT_NAMED, EMULATOR_TOKENS=True) as bot:
        await completed(bot, store, numbers[0])
        assert (await connector.next_in("e")).text == f"Job {numbers[0]} is complete."
    async with guarded(**NOT_NAMED, EMULATOR_TOKENS=False) as bot:
        await completed(bot, store, numbers[1])
        assert "SERVICE_URL_HOSTS" in await dead_letter(store, numbers[1])
    assert len(connector.arrivals) == 1


@asynccontextmanager
async def host_inside(monkeypatch, name: str):
    """Have *name* resolve to this machine; yield a port there, and the list of connections to it."""
    connections: list[object] = []

    def accept(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer.get_extra_info("peername"))
        writer.close()

    asked = socket.getaddrinfo

    def resolve(host, port, *args, **options):
        return asked("127.0.0.1" if host == name else host, port, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], connections


async def failed_attempt(store, number: JobId) -> str:
    """Wait until an attempt at the job's notice has failed and will be repeated; return the reason."""
    async with asyncio.timeout(PATIENCE):
        while (report := await store.find(number)).notice.retry_at is None:
            pass  # The notice is on its way.
    assert report.notice.status is NoticeStatus.QUEUED
    return report.notice.last_error


async def test_a_channels_word_for_an_address_outlives_a_restart_but_leads_nowhere_inside(
    guarded, monkeypatch, store
):
    """The name is the channel's, but by the time of the notice it resolves to an address of this machine."""
    async with host_inside(monkeypatch, "bot.example.com") as (port, connections):
        url = f"https://bot.example.com:{port}/.bot"
        async with guarded(**NOT_NAMED) as bot:
            token = bot.mint.channel(serviceurl=url)
            number = await start(bot.chat(token, serviceUrl=url))
        async with guarded(**NOT_NAMED) as bot:
            await completed(bot, store, number)
            reason = await failed_attempt(store, number)
        assert "bot.example.com is in the internal network" in reason
        assert "SERVICE_URL_HOSTS" in reason
        assert connections == []


async def test_a_host_that_the_operator_names_may_be_inside(guarded, monkeypatch, store):
    async with host_inside(monkeypatch, "bot.example.com") as (port, connections):
        url = f"https://bot.example.com:{port}/.bot"
        async with guarded(SERVICE_URL_HOSTS="bot.example.com") as bot:
            number = await start(bot.chat(bot.mint.channel(serviceurl=url), serviceUrl=url))
            await completed(bot, store, number)
            await failed_attempt(store, number)  # No TLS there.
        assert connections
