"""What people and channels really sent, and what a person expects of the bot then."""

import re
from typing import Any

import pytest
from botbuilder.core import TurnContext
from botbuilder.schema import Activity, ConversationReference

from bot.replies import texts
from bot.replies.words import ENGLISH
from compose import BotParts, open_bot
from identity.caller_check import anonymous
from tests.fakes.fake_connector import FakeConnector
from tests.fakes.field import SITUATIONS, filled_in, refusals
from tests.unit.bot.stage import Stage, open_stage
from wire import from_dict

STARTED = r"We're starting job \d+ for you\."
WEEKLY = r"We're starting job \d+: weekly\."
COMPLETING = [r"Completing job \d+", r"Job \d+ is complete"]
LOG = r"- \d{4,}: "

#: What the bot says to each activity of a situation, as patterns of how it begins. An empty list is silence.
EXPECTED: dict[str, list[list[str]]] = {
    "automatic-mail": [[]],
    "directline-reply-to": [[re.escape(texts.empty_log(ENGLISH))]],
    "event-value-json-text": [[WEEKLY], [r"Job \d+ is complete: weekly"]],
    "expect-replies-no-service-url": [[re.escape(texts.empty_log(ENGLISH))]],
    "full-stop": [[WEEKLY], COMPLETING, [LOG], [r"Job \d+: weekly"]],
    "group-other-bot-addressed": [[]],
    "group-unaddressed-slack": [[], []],
    "half-emoji-in-name": [[re.escape(texts.empty_log(ENGLISH))]],
    "half-emoji-in-text": [[r"We're starting job \d+"]],
    "ids-begin-again": [[r"We're starting job \d+: alpha"], COMPLETING, [r"We're starting job \d+: beta"]],
    "mail-signature": [
        [re.escape(texts.empty_log(ENGLISH))],
        [r"We're starting job \d+: weekly report\. We'll"],
    ],
    "mention-ampersand": [[WEEKLY]],
    "mention-other-case": [[WEEKLY]],
    "mention-type-in-capitals": [[WEEKLY]],
    "mention-without-text": [[WEEKLY]],
    "no-sender-conversation-update": [["Welcome, Sam! "]],
    "no-sender-event": [[r"Job \d+ is complete\."]],
    "number-sign": [[WEEKLY], COMPLETING, [r"Job \d+ \(weekly\) is already complete"], [r"Job \d+: weekly"]],
    "own-message": [[]],
    "quoted-behind": [[r"We're starting job \d+: backup\."], [r"- \d+: backup \(running"]],
    "quoted-done": [[WEEKLY], COMPLETING],
    "quoted-run": [[WEEKLY]],
    "reply-refused-once-412": [[WEEKLY]],
    "reply-refused-once-502": [[WEEKLY]],
    "reply-refused-once-504": [[WEEKLY]],
    "size-direct-line": [[r"We're starting job \d+: big\."]],
    "teams-installed": [["Welcome, Sam Doe! "], []],
    "title-other-person": [
        [r"We're starting job \d+: report for Alice Smith\."],
        [r"- \d+: report for Alice Smith \(running"],
    ],
    "webchat-retry": [[WEEKLY], [WEEKLY], [r"- \d+: weekly \(running.*\n\n1 job in the log"]],
    "welcome-refused-for-good": [[]],
}

#: Situations that are about the request itself, not about a turn: its size, its form, or its answer.
ABOUT_THE_REQUEST = {
    "expect-replies-no-service-url",
    "half-emoji-in-name",
    "half-emoji-in-text",
    "no-sender-conversation-update",
    "no-sender-event",
    "size-direct-line",
}

#: Situations in which the connector refuses something; a `TestAdapter` has none.
REFUSED = {name for name, situation in SITUATIONS.items() if situation.get("connector")}


def test_every_situation_is_played():
    assert SITUATIONS.keys() == EXPECTED.keys()


def patterns(name: str) -> list[str]:
    """Return what the bot says in a situation, all together."""
    begun = [STARTED] if "{job}" in str(SITUATIONS[name]["send"][0]) else []
    return begun + [pattern for patterns in EXPECTED[name] for pattern in patterns]


def match(said: list[str], expected: list[str]) -> None:
    assert len(said) == len(expected), said
    for text, pattern in zip(said, expected, strict=True):
        assert re.match(pattern, text), (pattern, text)


@pytest.mark.parametrize("name", EXPECTED)
async def test_the_bot_does_what_a_person_expects_in_a_situation_from_the_field(
    name, bot, chat, connector, started
):
    situation, total = SITUATIONS[name], 0
    connector.script(None, *refusals(situation.get("connector")))
    if "{job}" in str(situation["send"][0]):  # A job system reports on a job of someone else.
        await started(chat("owner"))
        total += 1
    told: list[str] = []
    for activity, answers in zip(situation["send"], EXPECTED[name], strict=True):
        said = "\n".join(arrival.text for arrival in connector.delivered)
        body = filled_in(activity, service_url=connector.service_url, said=said)
        async with bot.post("/api/messages", json=body) as response:
            assert response.status == 200, await response.text()
            if activity.get("deliveryMode") == "expectReplies":
                told += [each["text"] for each in (await response.json())["activities"]]
                continue
        total += len(answers)
        await connector.until(lambda _, total=total: len(connector.delivered) >= total, name)
    match([*(arrival.text for arrival in connector.delivered), *told], patterns(name))


async def test_an_answer_in_web_chat_says_which_message_it_answers(bot, connector):
    [activity] = SITUATIONS["directline-reply-to"]["send"]
    body = filled_in(activity, service_url=connector.service_url, said="")
    async with bot.post("/api/messages", json=body):
        [arrival] = connector.delivered
    assert arrival.reply_to_id == arrival.activity["replyToId"] == activity["id"]


@pytest.mark.parametrize("name", sorted(EXPECTED.keys() - ABOUT_THE_REQUEST - REFUSED))
async def test_the_same_on_a_test_adapter(name):
    async with open_stage() as stage:
        said: list[str] = []
        for activity in SITUATIONS[name]["send"]:
            fields = filled_in(activity, service_url="https://channel.test", said="\n".join(said))
            said += await _acted(stage, fields)
        match(said, patterns(name))


async def _acted(stage: Stage, fields: dict[str, Any]) -> list[str]:
    await stage.adapter.receive_activity(from_dict(Activity, fields))
    return [each.text for each in await stage.heard()]


@pytest.mark.parametrize("name", sorted(EXPECTED.keys() - ABOUT_THE_REQUEST))
async def test_the_same_in_a_turn_that_continues_the_conversation(name, config):
    """As a bot does it that is built on this one: from the queue of messages that it kept, for example."""
    async with FakeConnector() as connector, open_bot(config) as parts:
        connector.script(None, *refusals(SITUATIONS[name].get("connector")))
        total = 0
        for activity, answers in zip(SITUATIONS[name]["send"], EXPECTED[name], strict=True):
            said = "\n".join(arrival.text for arrival in connector.delivered)
            fields = filled_in(activity, service_url=connector.service_url, said=said)
            await _continued(parts, from_dict(Activity, fields))
            total += len(answers)
            await connector.until(lambda _, total=total: len(connector.delivered) >= total, name)
        match([arrival.text for arrival in connector.delivered], patterns(name))


async def _continued(parts: BotParts, kept: Activity) -> None:
    reference = ConversationReference(
        user=kept.from_property,
        bot=kept.recipient,
        conversation=kept.conversation,
        channel_id=kept.channel_id,
        service_url=kept.service_url,
    )

    async def logic(turn: TurnContext) -> None:
        vars(turn.activity).update(vars(kept))
        await parts.bot.on_turn(turn)

    await parts.adapter.continue_conversation(reference, logic, claims_identity=anonymous())
