"""What people and channels really sent, and what a person expects of the bot then."""

import re

import pytest

from bot.replies import texts
from tests.fakes.field import SITUATIONS, filled_in, refusals

STARTED = r"We're starting job \d+ for you\."

#: What the bot says to each activity of a situation, as patterns of how it begins. An empty list is silence.
EXPECTED: dict[str, list[list[str]]] = {
    "half-emoji-in-name": [[re.escape(texts.EMPTY_LOG)]],
    "half-emoji-in-text": [[STARTED]],
    "no-sender-conversation-update": [["Welcome, Sam! "]],
    "no-sender-event": [[r"Job \d+ is complete\."]],
    "own-message": [[]],
    "size-direct-line": [[STARTED]],
}

#: Situations whose outcome is not met yet. Empty when all are.
NOT_PLAYED_YET = {
    "automatic-mail",
    "directline-reply-to",
    "event-value-json-text",
    "expect-replies-no-service-url",
    "full-stop",
    "group-other-bot-addressed",
    "group-unaddressed-slack",
    "ids-begin-again",
    "mail-signature",
    "mention-ampersand",
    "mention-other-case",
    "mention-type-in-capitals",
    "mention-without-text",
    "number-sign",
    "quoted-behind",
    "quoted-done",
    "quoted-run",
    "reply-refused-once-412",
    "reply-refused-once-502",
    "reply-refused-once-504",
    "teams-installed",
    "title-other-person",
    "webchat-retry",
    "welcome-refused-for-good",
}


def test_every_situation_is_played_or_listed_as_not_played_yet():
    assert SITUATIONS.keys() == EXPECTED.keys() ^ NOT_PLAYED_YET


@pytest.mark.parametrize("name", EXPECTED)
async def test_the_bot_does_what_a_person_expects_in_a_situation_from_the_field(
    name, bot, chat, connector, started
):
    situation = SITUATIONS[name]
    connector.script(None, *refusals(situation.get("connector")))
    expected: list[str] = []
    if "{job}" in str(situation["send"][0]):  # A job system reports on a job of someone else.
        await started(chat("owner"))
        expected.append(STARTED)
    for activity, answers in zip(situation["send"], EXPECTED[name], strict=True):
        said = "\n".join(arrival.text for arrival in connector.delivered)
        body = filled_in(activity, service_url=connector.service_url, said=said)
        async with bot.post("/api/messages", json=body) as response:
            assert response.status == 200, await response.text()
        expected += answers
        total = len(expected)
        await connector.until(lambda _, total=total: len(connector.delivered) >= total, name)
    assert len(connector.delivered) == len(expected)
    for arrival, pattern in zip(connector.delivered, expected, strict=True):
        assert re.match(pattern, arrival.text)
