"""A message on each channel: what the table of `bot.channels` says that it shows, and nothing else."""

import pytest

from bot.channels import _CHANNELS, SUGGESTIONS, channel_named
from bot.replies.messages import message

CARD = {"type": "AdaptiveCard"}
COMMANDS = ("new", "show", "help", "settings")

#: By channel: whether it shows cards, a text beside one, suggestions, and whether messages are updated there.
ROWS = {
    "msteams": (True, False, True, True),
    "emulator": (True, True, True, False),
    "webchat": (True, True, True, False),
    "directline": (True, True, True, False),
    "facebook": (False, True, True, False),
    "line": (False, True, True, False),
    "telegram": (False, True, True, False),
    "slack": (False, True, False, False),
    "sms": (False, True, False, False),
    "email": (False, True, False, False),
    "one-of-tomorrow": (False, True, False, False),
}


@pytest.mark.parametrize("name", ROWS)
def test_every_channel_gets_what_it_shows(name):
    cards, beside, suggestions, updates = ROWS[name]
    channel = channel_named(name)
    said = message(channel, "A job.", lambda _: CARD, beside=True, suggestions=COMMANDS)
    assert channel.updates is updates
    if not cards and not suggestions:
        assert said == "A job."
        return
    assert said.text == ("A job." if beside or not cards else None)
    assert [each.content for each in said.attachments or ()] == ([CARD] if cards else [])
    suggested = said.suggested_actions
    assert (suggested is not None) is suggestions
    if suggested is not None:
        assert [each.value for each in suggested.actions] == list(COMMANDS[:SUGGESTIONS])
    assert said.summary == ("A job." if cards else None)


@pytest.mark.parametrize("name", ROWS)
def test_a_text_with_suggestions_is_a_card_where_cards_are_shown(name):
    cards, _, suggestions, _ = ROWS[name]
    said = message(channel_named(name), "Type `new`.", suggestions=("new",))
    if cards:
        assert (said.text, said.attachments[0].content["fallbackText"]) == (None, "Type `new`.")
    else:
        assert (said.text if suggestions else said) == "Type `new`."


def test_the_table_has_no_row_that_is_not_tested():
    assert set(_CHANNELS) <= set(ROWS)
