"""Programs that answer all they hear: the bot says nothing to them, or soon stops."""

import asyncio
from itertools import count

import pytest

from bot.help_limit import MOST_IN_A_MINUTE
from bot.replies import help_texts, texts
from bot.replies.words import ENGLISH

PROGRAMS = {
    "itself": {"from": {"id": "bot-1", "name": "Bot"}},
    "another bot": {"from": {"id": "bot-2", "role": "bot"}},
    "a skill": {"from": {"id": "bot-3", "role": "Skill"}},
    "an echo of Messenger": {"channelId": "facebook", "channelData": {"message": {"is_echo": True}}},
    "a bot of Slack": {"channelId": "slack", "channelData": {"SlackMessage": {"event": {"bot_id": "B1"}}}},
    "an old bot of Slack": {
        "channelId": "slack",
        "channelData": {"SlackMessage": {"event": {"subtype": "bot_message"}}},
    },
}


@pytest.mark.parametrize("who", PROGRAMS)
async def test_a_program_that_says_sixty_things_hears_nothing_and_a_person_there_is_answered(
    who, chat, connector
):
    """Sixty: one each second, for a minute."""
    there = chat("there")
    for number in range(60):
        response = await there.post(type="message", text=f"run {number}", **PROGRAMS[who])
        assert response.status == 200
    assert connector.arrivals == []
    assert await there.say("show") == texts.empty_log(ENGLISH)
    assert len(connector.arrivals) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"channelData": {"message": "is_echo"}},
        {"channelData": {"SlackMessage": {"event": {"type": "message"}}}},
        {"channelData": ["bot_id"]},
        {"from": {"id": "user-1", "role": "user"}},
        {"from": {"id": ""}, "recipient": {"id": ""}},
    ],
)
async def test_a_person_is_answered_whatever_else_the_channel_says(fields, chat):
    assert await chat("there").say("show", **fields) == texts.empty_log(ENGLISH)


@pytest.mark.parametrize("who", ["itself", "another bot", "a skill"])
async def test_a_program_does_not_open_a_parked_conversation_and_a_person_does(who, chat, connector, started):
    there = chat("there")
    number = await started(there)
    await there.post(type="conversationUpdate", membersRemoved=[there.bot])
    assert await chat("elsewhere").say(f"done {number}") == f"Completing job {number}."
    await there.post(type="message", text="show", **PROGRAMS[who])
    assert "Its notice is kept" in await chat("elsewhere").say(f"show {number}")
    await there.post(type="message", text="help")
    said = {(await there.heard()).text, (await there.heard()).text}
    assert said == {
        help_texts.help_text(ENGLISH),
        f"Job {number} is complete.\n\nThis waited while I could not reach you.",
    }


#: Programs that nothing marks as such, by what they say to a message.
UNMARKED = {
    "an auto-responder": lambda heard, number: "I am out of the office until Monday.",
    "an echo": lambda heard, number: heard,
    "a bot that counts": lambda heard, number: f"Sorry, I did not get that ({number}).",
    "a bot that quotes": lambda heard, number: f"What do you mean by {heard[:40]!r} ({number})?",
}


@pytest.mark.parametrize("who", UNMARKED)
async def test_a_program_that_answers_at_once_is_left_alone_after_a_few_messages(who, chat, connector):
    """Each time the bot says something, it answers; the conversation would go on for ever."""
    there, numbers = chat("there"), count()
    await there.post(type="message", text=UNMARKED[who]("hello", next(numbers)))
    heard = 0
    while len(connector.arrivals) > heard:
        text = connector.arrivals[heard].text
        heard += 1
        async with asyncio.timeout(10):
            await there.post(type="message", text=UNMARKED[who](text, next(numbers)))
    assert heard == (1 if who == "an auto-responder" else heard) <= MOST_IN_A_MINUTE
    await there.post(type="message", text="show")
    assert connector.arrivals[-1].text == texts.empty_log(ENGLISH)  # A person there is answered.


async def test_an_automatic_mail_gets_no_answer_at_all(chat, connector):
    mail = chat("mail", channel_id="email")
    away = {"text": "I am away.", "channelData": {"subject": "Automatic reply: Job 5"}}
    for _ in range(60):
        assert (await mail.post(type="message", **away)).status == 200
    assert connector.arrivals == []


async def test_a_text_that_is_not_understood_for_the_second_time_opens_no_parked_conversation(chat, started):
    there = chat("there")
    number = await started(there)
    await there.say("I am out of the office.")
    await there.post(type="conversationUpdate", membersRemoved=[there.bot])
    await chat("elsewhere").say(f"done {number}")
    await there.post(type="message", text="I am out of the office.")
    assert "Its notice is kept" in await chat("elsewhere").say(f"show {number}")
