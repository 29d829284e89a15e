"""
Databases that earlier schemas left: upgraded when the bot starts, with nothing lost.

The dumps in `fixtures/schemas` were written by the bot of that schema: jobs that run and that were told,
notices that wait, a lane that waits for a retry, a parked one, and a dead letter. Each later schema is what
its migration makes of them.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiohttp.test_utils import TestClient
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine
from yarl import URL

from app import BOT, build_app
from config import Config
from jobs.job import JobStatus, NoticeStatus
from jobs.lane import lane_key
from jobs.listing import PageAsked
from jobs.notice import NoticeKind
from state.store.schema import known_revisions, upgrade
from tests.fakes.bot_server import BotServer
from tests.fakes.chat import Chat
from tests.fakes.dumps import DIALECTS, restored
from tests.fakes.fake_connector import FakeConnector


def _revision(revision: str) -> Any:
    """Return the parameter for a schema; `make test` tries the first alone."""
    return pytest.param(revision, marks=() if revision == "0001" else pytest.mark.slow)


async def migrate(url: str, revision: str) -> None:
    """Bring the database to the schema *revision*."""
    if url.startswith("sqlite:"):
        with create_engine(url).begin() as connection:
            upgrade(connection, revision)
        return
    engine = create_async_engine("postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(url))
    async with engine.begin() as server:
        await server.run_sync(upgrade, revision)
    await engine.dispose()


@pytest.fixture(params=map(_revision, sorted(known_revisions())))
def revision(request) -> str:
    return request.param


@pytest.fixture(params=DIALECTS)
async def database_url(request, revision: str, tmp_path: Path, connector: FakeConnector) -> str:
    url = await restored(request.param, tmp_path, str(URL(connector.service_url)).rstrip("/"))
    await migrate(url, revision)
    return url


@pytest.fixture
async def bot(database_url: str) -> AsyncIterator[TestClient[Any, Any]]:
    config = Config(_env_file=None, DATABASE_URL=database_url, PORT=0)
    async with TestClient(BotServer(build_app(config))) as client:
        yield client


@pytest.fixture
def store(bot):
    return bot.app[BOT].store


@pytest.fixture
async def jobs(store) -> dict[str, list[Any]]:
    """The jobs by their conversations, in the order in which they were started."""
    page = await store.page(PageAsked(lane=lane_key("emulator", "any"), size=100))
    jobs: dict[str, list[Any]] = {}
    for job in reversed(page.jobs):
        jobs.setdefault(job.lane.partition("/")[2], []).append(job)
    return jobs


async def test_jobs_are_what_they_were(jobs):
    states = {name: {job.status for job in of} for name, of in jobs.items()}
    assert states.pop("running") == {JobStatus.RUNNING}
    assert set(map(frozenset, states.values())) == {frozenset({JobStatus.SUCCEEDED})}
    assert sum(len(of) for of in jobs.values()) == 8
    for job in (job for of in jobs.values() for job in of):
        assert (job.requested_by, job.requester_id, job.message_id) == ("Alex", None, None)
        assert (job.finished_at is None) == (job.status is JobStatus.RUNNING)


async def test_what_waited_is_delivered(jobs, connector):
    text = (await connector.next_in("waiting")).text
    assert [str(job.id) in text for job in jobs["waiting"]] == [True, True]
    assert str(jobs["retrying"][0].id) in (await connector.next_in("retrying")).text


async def test_a_parked_conversation_is_told_when_it_speaks(bot, jobs, store, connector):
    for job in jobs["parked"]:
        assert (await store.find(job.id)).notice.status is NoticeStatus.PARKED
    chat = Chat(client=bot, connector=connector, conversation_id="parked")
    await chat.say("hello")
    text = (await connector.next_in("parked")).text
    assert [str(job.id) in text for job in jobs["parked"]] == [True, True]


async def test_a_dead_letter_is_kept_and_can_be_requeued(jobs, store, connector):
    [dead] = jobs["dead"]
    letter = await store.dead_letter(dead.id)
    assert (letter.error, letter.status, letter.attempts) == ("ConversationNotFound", 404, 1)
    assert letter.kind is NoticeKind.SUCCEEDED
    assert await store.requeue(dead.id)
    assert str(dead.id) in (await connector.next_in("dead")).text


async def test_the_running_job_is_completed_and_told(bot, jobs, connector):
    [running] = jobs["running"]
    chat = Chat(client=bot, connector=connector, conversation_id="elsewhere")
    await chat.say(f"done {running.id}")
    assert str(running.id) in (await connector.next_in("running")).text
