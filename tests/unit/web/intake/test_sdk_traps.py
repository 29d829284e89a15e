"""Documents that pass our checks also pass the SDK's code, up to the bot."""

import asyncio
import json
from typing import Any

import pytest
from botbuilder.core import BotFrameworkAdapter, BotFrameworkAdapterSettings, TurnContext
from botbuilder.schema import Activity
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.web.intake.test_activity_document import message
from web.intake.activity_document import parse_activity
from wire import from_dict

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=8,
)

MENTION = {"type": "mention", "mentioned": {"id": "bot", "name": "Bot"}, "text": "<at>Bot</at>"}


def turn_text(document: dict[str, Any]) -> str | None:
    """Run a turn of the SDK's on *document*; return its text without the mention of the bot."""
    texts = []

    async def logic(turn: TurnContext) -> None:
        texts.append(TurnContext.remove_recipient_mention(turn.activity))

    activity = from_dict(Activity, parse_activity(json.dumps(document).encode()))
    adapter = BotFrameworkAdapter(BotFrameworkAdapterSettings("", ""))
    asyncio.run(adapter.process_activity(activity, "", logic))
    return texts[0]


def to_bot(**changes: Any) -> dict[str, Any]:
    return message(recipient={"id": "bot"}, text="<at>Bot</at> run", **changes)


def test_a_whole_mention_is_kept():
    assert turn_text(to_bot(entities=[MENTION])) == " run"


@pytest.mark.parametrize(
    "entity",
    [
        {},
        {"type": 5},
        {"type": "mention"},
        MENTION | {"mentioned": None},
        MENTION | {"mentioned": "bot"},
        MENTION | {"mentioned": {}},
        MENTION | {"mentioned": {"id": 5, "name": "Bot"}},
        MENTION | {"mentioned": {"id": "bot"}, "text": None},
        MENTION | {"mentioned": {"id": "bot", "name": 5}, "text": ""},
        MENTION | {"text": ["<at>"]},
        MENTION | {"type": "MENTION", "mentioned": 5},
    ],
    ids=str,
)
def test_an_entity_without_its_parts_is_left_out_and_the_others_count(entity):
    assert turn_text(to_bot(entities=[entity, MENTION])) == " run"


@pytest.mark.parametrize(
    "data", ["x", 5, [], ["tenant"], {"tenant": None}, {"tenant": "x"}, {"tenant": []}, {}], ids=str
)
def test_odd_data_of_teams_does_not_break_the_turn(data):
    assert turn_text(to_bot(channelId="msteams", channelData=data)) == "<at>Bot</at> run"


def test_the_tenant_that_teams_names_is_kept():
    document = parse_activity(
        json.dumps(message(channelId="msteams", channelData={"tenant": {"id": "t"}})).encode()
    )
    assert document["channelData"] == {"tenant": {"id": "t"}}


@given(
    entities=st.lists(
        json_values
        | st.fixed_dictionaries(
            {"type": st.sampled_from(["mention", "Mention", "x"])},
            optional={
                "mentioned": json_values
                | st.fixed_dictionaries({"id": st.just("bot")}, optional={"name": json_values}),
                "text": json_values | st.text("<at>/Bo\\[(", max_size=20),
            },
        ),
        max_size=3,
    ),
    data=json_values | st.dictionaries(st.just("tenant"), json_values),
)
def test_no_entity_and_no_data_of_teams_breaks_the_turn(entities, data):
    turn_text(to_bot(channelId="msteams", entities=entities, channelData=data))
