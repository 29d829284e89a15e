"""A turn begins and ends as the SDK's adapter has it begin and end."""

import json
from pathlib import Path

import pytest
from botbuilder.core import BotAdapter, BotFrameworkAdapter, BotFrameworkAdapterSettings, InvokeResponse
from botbuilder.schema import Activity, ActivityTypes, CallerIdConstants
from botframework.connector.auth import ClaimsIdentity, SimpleChannelProvider

from bot.adapter import ProactiveAdapter
from bot.gate import anonymous
from delivery.paces import Paces
from state.instants import utc_now
from wire import from_dict, to_dict

RECORDINGS = {
    path.stem: json.loads(path.read_bytes())
    for path in sorted((Path(__file__).parents[2] / "fixtures/activities").glob("*.json"))
}
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
    def client(self, service_url):
        return self


def ours(settings: BotFrameworkAdapterSettings) -> ProactiveAdapter:
    return ProactiveAdapter(settings, None, NoConnectors(), Paces(owner="us", clock=utc_now))


async def turn_on(adapter: BotFrameworkAdapter, document, identity, *replies) -> tuple:
    """Return what a turn that sends *replies* sees, and what the caller is answered."""
    seen = []

    async def logic(turn) -> None:
        state = dict(turn.turn_state)
        assert state.pop(BotAdapter.BOT_CONNECTOR_CLIENT_KEY)
        assert state.pop(BotAdapter.BOT_CALLBACK_HANDLER_KEY) is logic
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
