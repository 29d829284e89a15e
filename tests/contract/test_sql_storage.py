"""`SqlStorage` under the SDK's own states, over every database."""

import asyncio
from itertools import count

import pytest
from botbuilder.core import (
    BotState,
    ConversationState,
    MemoryStorage,
    MessageFactory,
    StoreItem,
    TurnContext,
    UserState,
)
from botbuilder.core.adapters import TestAdapter
from botbuilder.schema import Activity, ChannelAccount, ConversationAccount
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from state.errors import ETagConflict
from state.plain_json import NotPlain, PlainJson
from state.sql_storage import SqlStorage


@pytest.fixture
def storage(store):
    return SqlStorage(store)


def a_turn(user="user-1", conversation="conversation-1") -> TurnContext:
    activity = Activity(
        type="message",
        channel_id="test",
        conversation=ConversationAccount(id=conversation),
        from_property=ChannelAccount(id=user),
        recipient=ChannelAccount(id="bot"),
    )
    return TurnContext(TestAdapter(), activity)


async def remember(state: BotState, turn: TurnContext, value: object) -> None:
    await state.create_property("Remembered").set(turn, value)
    await state.save_changes(turn)


async def remembered(state: BotState, turn: TurnContext) -> object:
    return await state.create_property("Remembered").get(turn)


@pytest.mark.parametrize("kind", [ConversationState, UserState])
async def test_what_a_turn_saved_the_next_one_reads(storage, kind):
    state, value = kind(storage), {"name": "Zoë \0", "ages": [1, 2.5, None, True], "nested": {"": {}}}
    await remember(state, a_turn(), value)
    assert await remembered(kind(storage), a_turn()) == value
    assert await remembered(kind(storage), a_turn("user-2", "conversation-2")) is None


async def test_states_of_the_conversation_and_of_the_user_are_apart(storage):
    conversation, user = ConversationState(storage), UserState(storage)
    await remember(conversation, a_turn(), "of the conversation")
    await remember(user, a_turn(), "of the user")
    assert await remembered(conversation, a_turn("user-2")) == "of the conversation"
    assert await remembered(user, a_turn("user-1", "conversation-2")) == "of the user"


async def test_of_two_turns_that_change_the_same_state_at_once_the_second_is_told(storage):
    """A stock in-memory state silently loses the first change."""
    state = ConversationState(storage)
    await remember(state, a_turn(), 1)
    one, other = a_turn(), a_turn()
    assert (await remembered(state, one), await remembered(state, other)) == (1, 1)
    await remember(state, one, 2)
    with pytest.raises(ETagConflict, match="conversation-1"):
        await remember(state, other, 3)
    assert await remembered(state, a_turn()) == 2


async def test_a_turn_may_save_more_than_once(storage):
    state, turn = ConversationState(storage), a_turn()
    await remember(state, turn, 1)
    await remember(state, turn, 2)
    turn = a_turn()
    assert await remembered(state, turn) == 2
    await remember(state, turn, 3)
    await remember(state, turn, 4)
    assert await remembered(state, a_turn()) == 4


async def test_a_state_can_be_cleared_and_deleted(storage):
    state, turn = UserState(storage), a_turn()
    await remember(state, turn, 1)
    await state.clear_state(turn)
    await state.save_changes(turn)
    assert await remembered(state, a_turn()) is None
    await remember(state, turn, 2)
    await state.delete(turn)
    assert await remembered(state, a_turn()) is None
    assert await storage.read([state.get_storage_key(a_turn())]) == {}


async def test_a_conversation_on_the_sdk_s_test_adapter(storage):
    state = ConversationState(storage)
    counter = state.create_property("Counter")

    async def bot(turn: TurnContext) -> None:
        number = await counter.get(turn, lambda: 0) + 1
        await counter.set(turn, number)
        await turn.send_activity(MessageFactory.text(str(number)))
        await state.save_changes(turn)

    adapter = TestAdapter(bot)
    for number in range(1, 4):
        await adapter.test("again", str(number))


async def test_items_come_as_the_callers_own(storage):
    await storage.write({"a": {"list": [1]}})
    (one,) = (await storage.read(["a", "unknown"])).values()
    one["list"].append(2)
    assert (await storage.read(["a"]))["a"]["list"] == [1]
    assert await storage.read([]) == {}


@pytest.mark.parametrize("e_tag", [None, "*"])
async def test_without_an_etag_anything_is_replaced(storage, e_tag):
    for number in range(2):
        await storage.write({"a": {"n": number, "e_tag": e_tag}})
    assert (await storage.read(["a"]))["a"]["n"] == 1


async def test_every_write_has_an_etag_of_its_own_and_only_the_last_one_holds(storage):
    item = {"n": 0}
    e_tags = []
    for item["n"] in range(3):
        await storage.write({"a": item})
        e_tags.append(item["e_tag"])
    assert len({*e_tags}) == 3
    assert (await storage.read(["a"]))["a"]["e_tag"] == e_tags[-1]
    for e_tag in [*e_tags[:-1], "made up"]:
        with pytest.raises(ETagConflict):
            await storage.write({"a": {"n": 9, "e_tag": e_tag}})


async def test_what_was_deleted_meanwhile_has_changed(storage):
    item = {"n": 0}
    await storage.write({"a": item})
    await storage.delete(["a"])
    with pytest.raises(ETagConflict):
        await storage.write({"a": item})
    assert await storage.read(["a"]) == {}


async def test_items_are_written_together_or_not_at_all(storage):
    await storage.write({"b": {"n": 0}})
    with pytest.raises(ETagConflict):
        await storage.write({"a": {"n": 1}, "b": {"n": 1, "e_tag": "outdated"}, "c": {"n": 1}})
    read = await storage.read(["a", "b", "c"])
    assert [(key, item["n"]) for key, item in read.items()] == [("b", 0)]


async def test_of_many_writers_at_once_each_replaces_what_it_read(storage):
    """With a retry on conflict nothing is ever lost."""
    await storage.write({"a": {"n": 0}})

    async def add_one() -> None:
        for _ in count():
            item = (await storage.read(["a"]))["a"]
            item["n"] += 1
            try:
                await storage.write({"a": item})
                return
            except ETagConflict:
                continue

    await asyncio.gather(*(add_one() for _ in range(10)))
    assert (await storage.read(["a"]))["a"]["n"] == 10


async def test_an_empty_etag_is_a_mistake_as_in_the_sdk(storage):
    for each in (storage, MemoryStorage()):
        with pytest.raises(Exception, match=r"e_?tag"):
            await each.write({"a": {"e_tag": ""}})


class Profile(StoreItem):
    """A team's own class."""


async def test_instances_of_classes_that_were_named_come_back(store):
    storage = SqlStorage(store, classes=[Profile])
    state = UserState(storage)
    await remember(state, a_turn(), [Profile(name="Zoë", likes=Profile(tea=True))])
    (profile,) = await remembered(state, a_turn())
    assert (type(profile), profile.name, profile.likes.tea) == (Profile, "Zoë", True)
    item = Profile(name="Kim")
    await storage.write({"a": item})
    read = (await storage.read(["a"]))["a"]
    assert (read.name, read.e_tag) == ("Kim", item.e_tag)
    await storage.write({"a": read})
    with pytest.raises(ETagConflict):
        await storage.write({"a": item})


LONE_SURROGATE = chr(0xD800)
REFUSED = [Profile(), object(), (1, 2), {1, 2}, {1: 2}, {"$class": "Profile"}, b"bytes", float("nan")]
REFUSED += [float("inf"), 2**64, -(2**63) - 1, LONE_SURROGATE, {LONE_SURROGATE: 1}, len, Profile]


@pytest.mark.parametrize("value", REFUSED, ids=lambda value: type(value).__name__)
async def test_what_would_not_come_back_is_refused_and_nothing_is_written(storage, value):
    state = ConversationState(storage)
    with pytest.raises(NotPlain, match="conversation-1"):
        await remember(state, a_turn(), {"deep": [value]})
    assert await remembered(state, a_turn()) is None


numbers = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
plain = st.recursive(
    st.none() | st.booleans() | numbers | st.text(),
    lambda each: st.lists(each) | st.dictionaries(st.text().filter(lambda key: key != "$class"), each),
)


@given(value=plain)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_what_is_kept_comes_back_equal_and_of_the_same_types(value):
    json = PlainJson([])
    assert repr(json.load(json.dump(value, "here"))) == repr(value)
