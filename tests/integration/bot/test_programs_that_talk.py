"""Programs that answer all they hear: the bot says nothing to them."""

import pytest

from bot.replies import texts

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
    assert await there.say("show") == texts.EMPTY_LOG
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
    assert await chat("there").say("show", **fields) == texts.EMPTY_LOG


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
    assert said == {texts.HELP, f"Job {number} is complete.\n\nThis waited while I could not reach you."}
