"""A turn begins and ends as with the SDK's adapter."""

import pytest
from botbuilder.core import (
    BotAdapter,
    BotFrameworkAdapter,
    BotFrameworkAdapterSettings,
    InvokeResponse,
    Middleware,
    TurnContext,
)
from botbuilder.schema import (
    Activity,
    ActivityTypes,
    CallerIdConstants,
    ConversationAccount,
    ResourceResponse,
)
from botframework.connector.auth import ClaimsIdentity, SimpleChannelProvider

from bot.adapter import ProactiveAdapter
from bot.turn_context import Turn
from bot.unanswered_turn import CallerNotAnswered, UnansweredTurn
from delivery.rate_limits.conversations import ConversationRateLimiter
from identity.caller_check import anonymous
from instants import utc_now
from state.addresses import VOUCHED_BY
from tests.fakes.recordings import RECORDINGS
from wire import from_dict, to_dict

PREFIX = CallerIdConstants.bot_to_bot_prefix.value
APP = "11111111-1111-1111-1111-111111111111"
CALLERS = {
    "anybody": anonymous(),
    "a channel": ClaimsIdentity({"aud": APP, "serviceurl": "https://channel.example/"}, True),
    "another bot": ClaimsIdentity({"aud": APP, "appid": "another-app", "ver": "1.0"}, True),
    "another bot, newer": ClaimsIdentity({"aud": APP, "azp": "another-app", "ver": "2.0"}, True),
    "ourselves": ClaimsIdentity({"aud": APP, "appid": APP, "ver": "1.0"}, True),
}
SETTINGS = {
    "open": BotFrameworkAdapterSettings("", ""),
    "public": BotFrameworkAdapterSettings(APP, "secret"),
    "public, said": BotFrameworkAdapterSettings(APP, "secret", channel_provider=SimpleChannelProvider("")),
    "government": BotFrameworkAdapterSettings(
        APP, "secret", channel_provider=SimpleChannelProvider("https://botframework.azure.us")
    ),
    "elsewhere": BotFrameworkAdapterSettings(
        APP, "secret", channel_provider=SimpleChannelProvider("https://botframework.example")
    ),
}


class NoConnectors:
    def client(self, service_url, vouched_by):
        return self


def ours(settings: BotFrameworkAdapterSettings) -> ProactiveAdapter:
    limiter = ConversationRateLimiter(owner="us", clock=utc_now)
    return ProactiveAdapter(settings, None, None, NoConnectors(), limiter)


async def turn_on(adapter: BotFrameworkAdapter, document, identity, *replies) -> tuple:
    """Return what a turn that sends *replies* sees, and what the caller is answered."""
    seen = []

    async def logic(turn) -> None:
        state = dict(turn.turn_state)
        client = state.pop(BotAdapter.BOT_CONNECTOR_CLIENT_KEY, None)
        assert client is None if isinstance(turn, UnansweredTurn) else client
        assert state.pop(BotAdapter.BOT_CALLBACK_HANDLER_KEY) is logic
        state.pop(VOUCHED_BY, None)  # Ours alone.
        said = to_dict(turn.activity)
        # Since Python 3.11 the SDK writes the name of the prefix where it means its value.
        if caller := said.pop("callerId", None):
            said["callerId"] = str(caller).replace(str(CallerIdConstants.bot_to_bot_prefix), PREFIX)
        seen.append((said, state))
        if replies:
            await turn.send_activities(list(replies))

    answer = await adapter.process_activity_with_identity(from_dict(Activity, document), identity, logic)
    return seen, answer if answer is None else vars(answer)


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("name", RECORDINGS)
async def test_a_turn_sees_what_it_sees_on_the_sdks_adapter(name, caller, settings):
    document, identity, settings = RECORDINGS[name], CALLERS[caller], SETTINGS[settings]
    stock = await turn_on(BotFrameworkAdapter(settings), document, identity)
    assert await turn_on(ours(settings), document, identity) == stock


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("caller", ["anybody", "ourselves"])
@pytest.mark.parametrize("name", RECORDINGS)
async def test_a_conversation_is_continued_as_on_the_sdks_adapter(name, caller, settings):
    reference = TurnContext.get_conversation_reference(from_dict(Activity, RECORDINGS[name]))
    outcomes = []
    for adapter in (BotFrameworkAdapter(SETTINGS[settings]), ours(SETTINGS[settings])):
        outcomes.append(await continued_on(adapter, reference, CALLERS[caller]))
    (stock, stock_id), (own, own_id) = outcomes
    assert own == stock
    assert stock_id and own_id is None  # As the docstring says.


async def continued_on(adapter, reference, identity) -> tuple:
    """Return what a turn on *reference* sees, and the id of its activity."""
    seen = []

    async def logic(turn) -> None:
        state = dict(turn.turn_state)
        assert state.pop(BotAdapter.BOT_CONNECTOR_CLIENT_KEY)
        assert state.pop(BotAdapter.BOT_CALLBACK_HANDLER_KEY) is logic
        state.pop(VOUCHED_BY, None)  # Ours alone.
        said = to_dict(turn.activity)
        seen.append(((said, state), said.pop("id", None)))

    await adapter.continue_conversation(reference, logic, claims_identity=identity, audience="scope")
    [outcome] = seen
    return outcome


ATTEMPTS = {
    "send_activity": lambda turn: turn.send_activity("Hello"),
    "send_activities": lambda turn: turn.send_activities([Activity(type="message", text="Hello")]),
    "send_trace_activity": lambda turn: turn.send_trace_activity("Hello"),
    "invoke response": lambda turn: turn.send_activity(Activity(type=ActivityTypes.invoke_response)),
    "update_activity": lambda turn: turn.update_activity(Activity(type="message", id="1")),
    "delete_activity": lambda turn: turn.delete_activity("1"),
    "the adapter itself": lambda turn: turn.adapter.send_activities(turn, [Activity(type="message")]),
}


@pytest.mark.parametrize("delivery_mode", [None, "normal", "expectReplies"])
@pytest.mark.parametrize("caller", ["another bot", "another bot, newer"])
@pytest.mark.parametrize("attempt", ATTEMPTS)
async def test_in_the_turn_of_a_job_system_every_attempt_to_send_fails(attempt, caller, delivery_mode):
    """It fails the turn: no apology, no buffered reply, and an exception for the HTTP edge to answer."""
    outcomes = []

    async def logic(turn) -> None:
        try:
            await ATTEMPTS[attempt](turn)
        except Exception as error:
            outcomes.append(error)
            raise

    adapter, document = ours(SETTINGS["public"]), RECORDINGS["emulator-app-event-jobComplete"]
    event = from_dict(Activity, {**document, "deliveryMode": delivery_mode})
    with pytest.raises(Exception) as caught:  # Which one is checked below.
        await adapter.process_activity_with_identity(event, CALLERS[caller], logic)
    assert outcomes == [caught.value]
    if attempt != "the adapter itself":
        assert isinstance(caught.value, CallerNotAnswered)


async def test_expected_replies_and_what_an_invoke_comes_to_are_answered_alike():
    message = RECORDINGS["emulator-app-message"]
    invoked = Activity(
        type=ActivityTypes.invoke_response, value=InvokeResponse(status=201, body={"done": True})
    )
    for document, replies in (
        ({**message, "deliveryMode": "expectReplies"}, [Activity(type="message", text="one")]),
        ({**message, "deliveryMode": "expectReplies"}, []),
        ({**message, "type": "invoke"}, [invoked]),
        ({**message, "type": "invoke"}, []),
    ):
        stock = await turn_on(BotFrameworkAdapter(SETTINGS["open"]), document, CALLERS["anybody"], *replies)
        assert await turn_on(ours(SETTINGS["open"]), document, CALLERS["anybody"], *replies) == stock
        assert stock[1] is not None


async def test_middleware_sees_every_turn_and_may_end_it():
    seen = []

    class Doorkeeper(Middleware):
        async def on_turn(self, context, logic):
            seen.append(context.activity.text)
            if context.activity.text != "stop":
                await logic()

    async def logic(turn) -> None:
        seen.append("logic")

    adapter = ours(SETTINGS["open"]).use(Doorkeeper())
    for text in ("go", "stop"):
        message = from_dict(Activity, {**RECORDINGS["emulator-app-message"], "text": text})
        await adapter.process_activity_with_identity(message, CALLERS["anybody"], logic)
    assert seen == ["go", "logic", "stop"]


class Posted(NoConnectors):
    """A connector client that keeps what it is asked for."""

    def __init__(self) -> None:
        self.asked = []
        self.conversations = self

    async def reply_to_activity(self, *asked):
        self.asked.append(("reply", *asked[:2], to_dict(asked[2])))

    async def send_to_conversation(self, *asked):
        self.asked.append(("send", asked[0], to_dict(asked[1])))
        return ResourceResponse(id="receipt")


@pytest.mark.parametrize(
    "activities",
    [
        [Activity(type="message", text="one", reply_to_id="said", id="mine")],
        [Activity(type="message", text="one")],
        [Activity(type="message", text="one"), Activity(type="typing")],
        [Activity(type="trace", channel_id="webchat")],
        [Activity(type="typing", reply_to_id="said")],
        [Activity(type="message", text="nowhere", conversation=ConversationAccount())],
        [Activity(type="message", text="nowhere", service_url="")],
        [],
    ],
)
async def test_activities_are_sent_as_the_sdk_sends_them(activities):
    outcomes = []
    for kind in (ProactiveAdapter.send_activities, BotFrameworkAdapter.send_activities):
        adapter, client = ours(SETTINGS["open"]), Posted()
        turn = Turn(adapter, from_dict(Activity, RECORDINGS["emulator-app-message"]))
        turn.turn_state[BotAdapter.BOT_CONNECTOR_CLIENT_KEY] = client
        for each in activities:
            each.service_url = "https://channel.example/" if each.service_url is None else each.service_url
            each.conversation = each.conversation or ConversationAccount(id="here")
        try:
            receipts = [to_dict(each) for each in await kind(adapter, turn, activities)]
        except TypeError as error:
            receipts = str(error)
        outcomes.append((client.asked, receipts))
    assert outcomes[0] == outcomes[1]


async def test_notices_have_connections_of_their_own():
    """A flood of them must not make a person's answer wait for a connection."""
    answers, notices = Posted(), Posted()
    limiter = ConversationRateLimiter(owner="us", clock=utc_now)
    adapter = ProactiveAdapter(SETTINGS["open"], None, None, answers, limiter, notices=notices)
    said = from_dict(Activity, RECORDINGS["emulator-app-message"])

    async def say(turn) -> None:
        await turn.send_activity("Hello.")

    await adapter.process_activity_with_identity(said, CALLERS["anybody"], say)
    assert (len(answers.asked), len(notices.asked)) == (1, 0)
    await adapter.continue_conversation(
        TurnContext.get_conversation_reference(said), say, claims_identity=CALLERS["anybody"]
    )
    assert (len(answers.asked), len(notices.asked)) == (1, 1)
