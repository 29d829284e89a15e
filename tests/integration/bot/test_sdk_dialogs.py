"""The example with a dialog of the SDK: its stack is in the database, and notices wait for its end."""

import warnings

import pytest
from aiohttp.test_utils import TestClient

from app import BOT, build_app
from tests.fakes.bot_server import BotServer
from tests.fakes.chat import Chat

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Of the SDK's recognizers, while they are compiled.
    pytest.importorskip("botbuilder.dialogs", reason="needs examples/dialogs/requirements.txt")
    from examples.dialogs.bot import IN_PROCESS


@pytest.fixture
async def bot(config):
    async with TestClient(BotServer(build_app(config, around=IN_PROCESS))) as client:
        yield client


async def test_the_stack_outlives_the_process_and_notices_wait_until_the_dialog_is_over(
    bot, config, connector, chat, started
):
    a = chat("a")
    number = await started(a)
    assert await a.say("order") == "What shall the job be called?"
    async with bot.post(f"/api/jobs/{number}/report/succeeded") as answer:
        assert answer.status == 202
    await bot.app[BOT].delivery.worker.idle()
    await bot.close()
    async with TestClient(BotServer(build_app(config, around=IN_PROCESS))) as other:
        there = Chat(client=other, connector=connector, conversation_id="a")
        assert await there.say("weekly report") == "Start it now: weekly report? Say yes or no."
        assert "weekly report. We'll notify you" in await there.say("yes")
        assert (await there.heard()).text == f"Job {number} is complete."
        assert "weekly report" in await there.say("show")


async def test_it_can_be_left(chat):
    a = chat("a")
    await a.say("order")
    await a.say("weekly report")
    assert await a.say("no") == "All right, I started nothing."
    assert await a.say("show") == "The job log is empty."
