"""What real clients sent to a bot, posted as it is: the Emulator, and the Agents Playground in its guises."""

import re

import pytest

from bot.replies import help_texts
from bot.replies.words import ENGLISH
from tests.fakes.recordings import RECORDINGS

COMPLETIONS = [name for name in RECORDINGS if name.endswith("-event-jobComplete")]
MENTIONS = [name for name in RECORDINGS if name.endswith("-message-mention")]


def recorded(name, connector, **fields):
    """The recording, from a channel whose connector is *connector*."""
    return {**RECORDINGS[name], "serviceUrl": connector.service_url, **fields}


def expected_answers(activity) -> list[str]:
    """Patterns of what the bot says to *activity*."""
    if activity["type"] == "message":
        return [
            r"We're starting job \d+ for you\."
            if "text" in activity
            else re.escape(help_texts.help_text(ENGLISH))
        ]
    if activity["type"] == "installationUpdate" and activity["action"] == "add":
        return ["Welcome"] if activity["conversation"]["conversationType"] == "personal" else []
    people = [m for m in activity.get("membersAdded", []) if m["id"] != activity["recipient"]["id"]]
    return [f"Welcome, {m['name']}! " if "name" in m else "Welcome! " for m in people]


def answered(activity) -> str | None:
    """The activity that the bot's message answers; a welcome stands alone."""
    return None if activity["type"] == "conversationUpdate" else activity["id"]


@pytest.mark.parametrize("name", RECORDINGS)
async def test_what_a_client_really_sends_is_accepted_and_answered_as_its_kind_asks(name, chat, connector):
    activity = recorded(name, connector)
    response = await chat("any").post(**activity)
    assert response.status == 200
    expected = expected_answers(activity)
    assert len(connector.delivered) == len(expected)
    for answer, pattern in zip(connector.delivered, expected, strict=True):
        assert re.match(pattern, answer.text)
        assert answer.conversation_id == activity["conversation"]["id"]
        assert answer.reply_to_id == answer.activity.get("replyToId") == answered(activity)
        assert answer.activity["from"]["id"] == activity["recipient"]["id"]


def test_there_are_recordings_of_every_kind_that_the_bot_acts_on():
    assert {activity["type"] for activity in RECORDINGS.values()} >= {
        "message", "conversationUpdate", "event", "installationUpdate", "typing"
    }  # fmt: skip
    assert COMPLETIONS
    assert MENTIONS


@pytest.mark.parametrize("name", COMPLETIONS)
@pytest.mark.parametrize("value", [int, str, lambda number: {"jobId": int(number)}])
async def test_a_job_systems_event_completes_the_job_it_names(name, value, chat, connector, started):
    owner = chat("owner")
    number = await started(owner)
    response = await owner.post(**recorded(name, connector, value=value(number)))
    assert response.status == 200
    assert (await owner.heard()).text == f"Job {number} is complete."
    assert "Completed" in await owner.say(f"show {number}")
    assert len(connector.arrivals) == 3


@pytest.mark.parametrize("name", MENTIONS)
async def test_a_group_chat_reaches_the_bot_by_its_mention(name, chat, connector, started):
    number = await started(chat("owner"))
    where = RECORDINGS[name]["conversation"]["id"]
    await chat("any").post(**recorded(name, connector, text=f"<at>Test Bot</at> done {number}"))
    assert [answer.text for answer in connector.in_conversation(where)] == [f"Completing job {number}."]
