"""The main use: a job is started in one conversation, completed from another, and reported in the first."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp.test_utils import TestClient

from app import BOT
from tests.fakes.chat import Chat
from tests.fakes.fake_connector import FakeConnector
from tests.fakes.listings import numbers_in


async def test_a_job_completed_in_another_conversation_is_told_where_it_was_started(
    bot: TestClient[Any, Any],
    chat: Callable[[str], Chat],
    connector: FakeConnector,
    started: Callable[[Chat], Awaitable[str]],
) -> None:
    a, b = chat("conversation-a|livechat"), chat("conversation-b|livechat")
    numbers = [await started(a), await started(a)]

    log = await b.say("show")
    assert numbers_in(log, numbers) == numbers[::-1]  # Newest first.

    assert await b.say(f"done {numbers[0]}") == f"Completing job {numbers[0]}."
    assert (await a.heard()).text == f"Job {numbers[0]} is complete."
    await bot.app[BOT].delivery.worker.idle()
    moment = r"\w{3} \d{1,2}, \d{4} \d\d:\d\d UTC"
    assert re.fullmatch(
        rf"Job {numbers[0]}\n\nStarted {moment} by Alex\.\n\nCompleted {moment}\.\n\nIts notice was sent\.",
        await b.say(f"show {numbers[0]}"),
    )
    assert "It is running." in await b.say(f"show {numbers[1]}")
    assert len(connector.in_conversation(a.conversation_id)) == 3  # Two answers and one notice.
