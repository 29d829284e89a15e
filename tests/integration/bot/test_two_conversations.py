"""The bot's reason to be: asked in one conversation, completed from another, told in the first."""

import re
from collections.abc import Callable

from tests.fakes.chat import Chat


async def test_a_job_completed_in_another_conversation_is_told_where_it_was_started(
    chat: Callable[[str], Chat],
) -> None:
    a, b = chat("conversation-a|livechat"), chat("conversation-b|livechat")
    started = [re.search(r"job (\d+)", await a.say("run")) for _ in range(2)]
    numbers = [match[1] for match in started if match]

    log = await b.say("show")
    assert [number for number in numbers if number in log] == numbers

    assert await b.say(f"done {numbers[0]}") == f"Completing job {numbers[0]}."
    assert (await a.heard()).text == f"Job {numbers[0]} is complete."
    assert await b.say("show " + numbers[0]) != ""
