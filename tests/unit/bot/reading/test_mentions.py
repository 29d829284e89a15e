"""Who a message is addressed to, and the text that is left."""

import pytest

from bot.reading.mentions import ENTITIES, without_mentions
from bot.reading.message import TEXT_LENGTH, read_message
from tests.unit.bot.reading.messages import BOT, mention, message

ANN = {"id": "ann", "name": "Ann"}


def read(text, *mentions, **fields):
    said = without_mentions(text, message(text, *mentions, **fields))
    return " ".join(said.text.split()), said.names_the_bot, said.names_others


@pytest.mark.parametrize(
    "text, entities",
    [
        ("<at>Bot</at> run", [mention(BOT, "<at>Bot</at>")]),
        ("run <at>Bot</at>", [mention(BOT, "<at>Bot</at>")]),
        ("<at>bot</at> run", [mention(BOT, "<at>Bot</at>")]),
        ("<at>Bot</at> run", [mention(BOT)]),
        ("<at>Bot</at> run", [{**mention(BOT), "type": "Mention"}]),
        ("<at>Robot</at> run", [mention({"id": "bot"})]),  # By its place among the mentions.
        ("<at>Bot</at> run", []),  # By the bot's name.
        ('<at id="bot">Robot</at> run', []),
        ('<at id="0">@Bot</at> run', []),
        ("@Bot run", []),
        ("@bot, run", []),
        ("<@U01|Bot> run", []),
        ("Robot run", [mention(BOT, "Robot")]),  # The Emulator's entities, whatever the text.
    ],
)
def test_a_mention_of_the_bot_is_recognised_and_taken_out(text, entities):
    left, names_the_bot, names_others = read(text, *entities)
    assert (left.removeprefix(", "), names_the_bot, names_others) == ("run", True, False)


def test_slack_names_the_bot_by_the_first_part_of_its_id():
    fields = {"channelId": "slack", "recipient": {"id": "B0AAA:T0BBB", "name": "jobsbot"}}
    assert read("<@B0AAA> run", **fields) == ("run", True, False)
    assert read("<@U0DDD> run for <@U0EEE|sam>", **fields) == ("@U0DDD run for sam", False, True)


def test_telegram_names_the_bot_behind_the_command():
    fields = {"channelId": "telegram", "recipient": {"id": "jobs_bot", "name": "Jobs_Bot"}}
    assert read("/run@jobs_bot nightly", **fields) == ("/run nightly", True, False)
    assert read("/run@other_bot nightly", **fields) == ("/run@other_bot nightly", False, True)


def test_a_mention_of_somebody_else_becomes_the_name():
    bot, ann = mention(BOT, "<at>Bot</at>"), mention(ANN, "<at>Ann</at>")
    assert read("<at>Bot</at> run for <at>Ann</at>", bot, ann) == ("run for Ann", True, True)
    assert read("<at>Ann</at> run", ann) == ("Ann run", False, True)


def test_another_bot_of_the_same_name_is_told_apart_by_its_id():
    assert read("<at>Bot</at> run", mention({"id": "other", "name": "Bot"})) == ("Bot run", False, True)


def test_the_bots_name_without_a_mention_is_a_word_like_any_other():
    assert read("run Bot", mention(BOT, "<at>Bot</at>"))[0] == "run Bot"
    assert read("@Bottle run") == ("@Bottle run", False, False)


@pytest.mark.parametrize(
    "odd",
    [
        {"type": "mention"},
        mention(None, "run"),
        mention("bot", "run"),
        mention({"id": 5, "name": []}, "run"),
        {"type": "clientInfo", "mentioned": BOT, "text": "run"},
    ],
)
def test_an_odd_mention_takes_nothing_out_and_names_nobody(odd):
    assert read("run", odd) == ("run", False, False)


@pytest.mark.parametrize("who", [{}, {"id": None}, BOT])
def test_without_a_recipient_no_mention_is_the_bots(who):
    assert read("run it", mention(who, "it"), recipient=None)[:2] == ("run it", False)


def test_mentions_without_a_text_do_not_make_the_text_grow():
    """Each doubled it: 26 took 1.5 s, 60 all memory."""
    assert without_mentions("run", message("run", *[mention(BOT, "")] * 16)).text == "run"


def test_only_so_many_entities_and_so_much_text_are_looked_at():
    for count, found in ((ENTITIES - 1, True), (ENTITIES, False)):
        said = message("run", *[mention(ANN, "<at>Ann</at>")] * count, mention(BOT, "<at>B</at>"))
        assert read_message(said).names_the_bot is found
    assert len(read_message(message("x " * TEXT_LENGTH)).text) == TEXT_LENGTH
