"""In groups the bot reacts to what is said to it."""

import pytest

from bot.addressing import is_for_the_bot
from bot.reading.commands import read_command
from bot.reading.message import read_message
from tests.unit.bot.reading.messages import BOT, mention, message

TEAMS = {
    "channelId": "msteams",
    "conversation": {"id": "19:a", "isGroup": True, "conversationType": "groupChat"},
}
CHANNEL = {"channelId": "msteams", "conversation": {"id": "19:a", "conversationType": "channel"}}
PLAYGROUND = {**CHANNEL, "channelId": "emulator"}
SLACK = {"channelId": "slack", "conversation": {"id": "c", "isGroup": True}}
TELEGRAM = {
    "channelId": "telegram",
    "conversation": {"id": "c", "isGroup": True},
    "recipient": {"id": "jobs_bot", "name": "Jobs"},
}
PERSONAL = {"channelId": "msteams", "conversation": {"id": "a:1", "conversationType": "personal"}}
OTHER = mention({"id": "other", "name": "Other Bot"}, "<at>Other Bot</at>")
OURS = mention(BOT, "<at>Bot</at>")


@pytest.mark.parametrize(
    "where, text, mentions, reacts",
    [
        (PERSONAL, "anyone for lunch?", [], True),
        (PERSONAL, "<at>Other Bot</at> run", [OTHER], True),
        (TEAMS, "show", [], False),
        (TEAMS, "<at>Bot</at> show", [OURS], True),
        (TEAMS, "<at>Bot</at> anyone for lunch?", [OURS], True),
        (TEAMS, "<at>Other Bot</at> run backup", [OTHER], False),
        (TEAMS, "<at>Bot</at> run for <at>Other Bot</at>", [OURS, OTHER], True),
        (CHANNEL, "Run tests before lunch?", [], False),
        (CHANNEL, "<at>Bot</at> run", [OURS], True),
        (PLAYGROUND, "run", [], False),
        (SLACK, "run", [], True),
        (SLACK, "show 5", [], True),
        (SLACK, "done 5", [], True),
        (SLACK, "help", [], True),
        (SLACK, "Run for the hills, it's Monday", [], False),
        (SLACK, "done", [], False),
        (SLACK, "anyone for lunch?", [], False),
        (SLACK, "@Bot run the tests", [], True),
        (SLACK, "<@U1> show", [], False),
        (TELEGRAM, "/run@jobs_bot nightly", [], True),
        (TELEGRAM, "/run@other_bot", [], False),
        (TELEGRAM, "/run nightly", [], True),
        (TELEGRAM, "/dance", [], False),
        (TELEGRAM, "run nightly", [], False),
    ],
)
def test_who_is_addressed_decides(where, text, mentions, reacts):
    activity = message(text, *mentions, **where)
    said = read_message(activity)
    assert is_for_the_bot(activity, said, read_command(said)) is reacts
