"""
Where botbuilder 4.17.1 does not do what its reader expects.

Each test holds the SDK to what it does today and says what we do about it: when an upgrade breaks one of
them, what we do may no longer be needed.
"""

import asyncio
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from botbuilder.core import (
    ActivityHandler,
    BotFrameworkAdapter,
    BotFrameworkAdapterSettings,
    BotState,
    MemoryStorage,
    TurnContext,
    adapters,
)
from botbuilder.integration.aiohttp import aiohttp_error_middleware
from botbuilder.schema import Activity, ChannelAccount, ConversationAccount, ConversationReference
from botframework.connector.auth import AuthenticationConstants, ClaimsIdentity

REFERENCE = ConversationReference(
    channel_id="emulator",
    service_url="http://localhost:9/",
    conversation=ConversationAccount(id="conversation"),
    bot=ChannelAccount(id="bot"),
    user=ChannelAccount(id="user"),
)
ANONYMOUS = ClaimsIdentity({}, True, AuthenticationConstants.ANONYMOUS_AUTH_TYPE)


class StockState(BotState):
    """The job log as one document, the way the SDK means it."""

    def __init__(self, storage: MemoryStorage) -> None:
        super().__init__(storage, "StockState")

    def get_storage_key(self, turn_context: TurnContext) -> str:
        return "StockState"


def make_turn(**fields: Any) -> TurnContext:
    return TurnContext(adapters.TestAdapter(), Activity(type="message", **fields))


def make_adapter() -> BotFrameworkAdapter:
    return BotFrameworkAdapter(BotFrameworkAdapterSettings("", ""))


async def test_of_turns_that_save_one_document_the_last_wins():
    """`JobState` saves what a turn decided, not the whole log: `test_job_state` starts twenty at once."""
    storage, all_have_read = MemoryStorage(), asyncio.Barrier(20)
    state = StockState(storage)
    jobs = state.create_property("jobs")

    async def run(n: int) -> None:
        turn = make_turn()
        log = await jobs.get(turn, dict)
        await all_have_read.wait()
        log[n] = "running"
        await state.save_changes(turn)

    await asyncio.gather(*map(run, range(20)))
    assert len(storage.memory["StockState"]["jobs"]) == 1


async def test_memory_storage_hands_out_what_it_stores_not_a_copy():
    """A turn that modifies an item has already saved it, even if it fails: so our tests use SQLite."""
    storage = MemoryStorage({"key": {"jobs": []}})
    (await storage.read(["key"]))["key"]["jobs"].append("never saved")
    assert storage.memory["key"]["jobs"] == ["never saved"]


async def test_a_default_that_is_empty_is_no_default():
    """Our accessor needs no default; elsewhere pass `dict`."""
    accessor = StockState(MemoryStorage()).create_property("jobs")
    assert await accessor.get(make_turn(), {}) is None
    assert await accessor.get(make_turn(), dict) == {}


async def test_on_turn_error_swallows_what_a_continuation_raises():
    """`NoticeSender` catches inside its callback: a failed send would look like a sent message."""
    adapter, swallowed = make_adapter(), []

    async def on_turn_error(turn: TurnContext, error: Exception) -> None:
        swallowed.append(error)

    async def fail(turn: TurnContext) -> None:
        raise ConnectionError

    adapter.on_turn_error = on_turn_error
    await adapter.continue_conversation(REFERENCE, fail, claims_identity=ANONYMOUS)
    assert [type(error) for error in swallowed] == [ConnectionError]


async def test_an_empty_bot_id_is_refused():
    """Without an app id we continue with an anonymous identity instead."""
    with pytest.raises(TypeError, match="bot_id or claims_identity"):
        await make_adapter().continue_conversation(REFERENCE, print, bot_id="")


@pytest.mark.parametrize(
    ("identity", "app_id"),
    [
        (ANONYMOUS, ""),
        (ClaimsIdentity({"aud": "made-up", "appid": "made-up"}, True), "made-up"),
    ],
)
async def test_a_bot_id_however_made_up_is_what_tokens_are_asked_for(identity, app_id):
    """So where authentication is off, no id is made up."""
    client = await make_adapter().create_connector_client(REFERENCE.service_url, identity, "scope")
    assert (client.config.credentials.microsoft_app_id or "") == app_id


async def test_a_continuation_has_an_id_of_its_own_and_messages_answer_it():
    """
    `NoticeSender` clears the id.

    Web Chat holds an answer to an activity it does not know back for five seconds.
    """
    seen = []

    async def say(turn: TurnContext) -> None:
        message = TurnContext.apply_conversation_reference(
            Activity(type="message"), TurnContext.get_conversation_reference(turn.activity)
        )
        seen.append((turn.activity.id, message.reply_to_id))

    adapter = make_adapter()
    for _ in range(2):
        await adapter.continue_conversation(REFERENCE, say, claims_identity=ANONYMOUS)
    (one, answered), (other, _) = seen
    assert one and other and one != other
    assert answered == one


def test_a_mention_cannot_be_removed_without_a_recipient():
    """`read_command` removes mentions itself: some clients send no recipient."""
    with pytest.raises(AttributeError):
        TurnContext.remove_recipient_mention(Activity(type="message", text="run"))


async def test_the_error_middleware_makes_every_key_error_a_404():
    """A bug in a turn would look like a wrong address, so the bot answers with its own problems."""

    async def fail(request: web.Request) -> web.Response:
        return {}["a bug"]

    with pytest.raises(web.HTTPNotFound):
        await aiohttp_error_middleware(make_mocked_request("POST", "/api/messages"), fail)


async def test_an_invoke_nobody_handles_is_answered_501():
    """Clients show that as a failure: `ProactiveBot` accepts it."""
    adapter = adapters.TestAdapter()
    turn = TurnContext(adapter, Activity(type="invoke", name="anything"))
    await ActivityHandler().on_turn(turn)
    assert adapter.activity_buffer[0].value.status == 501


async def test_a_test_adapter_knows_one_conversation_only():
    """Tests of two conversations go over HTTP to the real application."""
    adapter, seen = adapters.TestAdapter(), []

    async def note(turn: TurnContext) -> None:
        seen.append(turn.activity.conversation.id)

    for conversation in "ab":
        activity = Activity(type="message", conversation=ConversationAccount(id=conversation))
        await adapter.process_activity(activity, note)
    assert len(set(seen)) == 1
    assert not {"a", "b"} & set(seen)
