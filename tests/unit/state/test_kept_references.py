"""The part of a turn's reference that is stored with every job, however much a client sends."""

import json

import pytest
from botbuilder.schema import Activity, ConversationReference

from state.references import REFERENCE_LENGTH, load_reference, shortened, stored_reference
from tests.fakes.recordings import RECORDINGS
from wire import from_dict, to_json

JUNK = "x" * 200_000
FILLED = {
    "type": "message",
    "channelId": "msteams",
    "serviceUrl": "https://smba.trafficmanager.net/teams",
    "locale": "de-AT",
    "conversation": {
        "id": "19:a@thread.tacv2;messageid=1",
        "isGroup": True,
        "conversationType": "channel",
        "tenantID": "8a1b2c3d-0000-0000-0000-000000000000",
        "name": "Release",
    },
    "from": {"id": "29:u", "name": "Zoë \N{PARTY POPPER}", "aadObjectId": "0000-1", "role": "user"},
    "recipient": {"id": "28:b", "name": "Bot", "role": "bot"},
}


def activity(**changed: object) -> Activity:
    return from_dict(Activity, {**FILLED, **changed})


def test_what_a_message_to_the_conversation_needs_is_kept():
    kept = json.loads(stored_reference(activity()))
    assert kept == {
        **{key: FILLED[key] for key in ("channelId", "serviceUrl", "locale", "conversation")},
        "user": FILLED["from"],
        "bot": FILLED["recipient"],
    }


@pytest.mark.parametrize("name", RECORDINGS)
def test_of_what_clients_really_send_no_id_is_lost(name):
    said = from_dict(Activity, RECORDINGS[name])
    kept = load_reference(stored_reference(said))
    assert (kept.user.id, kept.conversation.id) == (said.from_property.id, said.conversation.id)
    assert kept.bot == said.recipient or kept.bot.id == said.recipient.id
    assert (kept.channel_id, kept.service_url) == (said.channel_id, said.service_url)


@pytest.mark.parametrize("part", ["conversation", "from", "recipient"])
@pytest.mark.parametrize("name", ["name", "role", "conversationType", "properties", "anything"])
def test_no_name_and_no_extra_of_a_client_makes_a_reference_long(part, name):
    """It is stored with every job: 1,500 of 200 kB were 293 MiB."""
    junk = {"a": [JUNK]} if name == "properties" else JUNK
    said = activity(**{part: {**FILLED[part], name: junk}}, locale=JUNK, relatesTo={"user": {"name": JUNK}})
    text = stored_reference(said)
    assert len(text) < 2_000
    assert load_reference(text).conversation.id == FILLED["conversation"]["id"]


def test_the_longest_ids_that_are_let_in_fit():
    long = "\N{LATIN SMALL LETTER A WITH DIAERESIS}" * 512
    account = {"id": long, "name": '"' * 500, "aadObjectId": long, "role": '"' * 500}
    said = activity(
        **{"from": account, "recipient": account, "channelId": "c" * 128, "locale": '"' * 500},
        conversation={**FILLED["conversation"], "id": long, "name": '"' * 500, "tenantID": "t" * 128},
        serviceUrl=f"https://a.example/{'p' * 2_000}",
    )
    text = stored_reference(said)
    assert len(text) <= REFERENCE_LENGTH
    assert shortened(text) == text


def test_an_id_that_is_too_long_is_left_out_rather_than_cut():
    """A cut id could be another user's."""
    kept = load_reference(stored_reference(activity(recipient={"id": "b" * 1_025, "name": "Bot"})))
    assert (kept.bot.id, kept.bot.name) == (None, "Bot")


def test_a_turn_without_a_bot_has_a_reference():
    assert load_reference(stored_reference(activity(recipient=None))).bot is None


def test_a_long_reference_that_an_earlier_version_stored_is_shortened_and_goes_to_the_same_place():
    stored = to_json(
        ConversationReference(
            user=activity().from_property,
            bot=activity().recipient,
            conversation=activity(conversation={**FILLED["conversation"], "properties": JUNK}).conversation,
            channel_id="msteams",
            service_url="https://smba.trafficmanager.net/teams",
            locale=JUNK,
        )
    ).decode()
    assert len(stored) > 200_000
    text = shortened(stored)
    assert len(text) < 2_000
    assert load_reference(text).conversation.id == FILLED["conversation"]["id"]


@pytest.mark.parametrize("text", [f'"{JUNK}"', f"[{JUNK}]", f'{{"conversation": "{JUNK}"}}', JUNK])
def test_long_text_that_is_no_reference_is_cut_and_raises_nothing(text):
    """A claim is of many lanes: one odd row must not keep the others from being claimed."""
    assert len(shortened(text)) <= REFERENCE_LENGTH
