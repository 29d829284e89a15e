"""Lists are cut to the items that a turn reads."""

import pytest

from bot.presence import MEMBERS
from bot.reading.mentions import ENTITIES
from tests.unit.web.intake.test_activity_document import message, parsed


@pytest.mark.parametrize(
    "name, limit",
    [
        ("membersAdded", MEMBERS),
        ("membersRemoved", MEMBERS),
        ("entities", ENTITIES),
        ("attachments", 250),
        ("reactionsAdded", 250),
        ("reactionsRemoved", 250),
        ("textHighlights", 250),
        ("listenFor", 250),
    ],
)
def test_a_list_of_the_schema_is_cut(name, limit):
    items = [{"type": str(number)} for number in range(limit + 1)]
    assert parsed(message(**{name: items[:limit]}))[name] == items[:limit]
    assert parsed(message(**{name: items}))[name] == items[:limit]


def test_what_the_sender_puts_into_its_own_data_is_kept_whole():
    free = {"value": [0] * 3000, "channelData": {"items": [0] * 3000}, "somethingNew": [0] * 3000}
    assert parsed(message(**free)) == message(**free)
