"""The SDK's other operations, which go through its pipeline on our session."""

import pytest
from botbuilder.schema import Activity, ConversationParameters
from botframework.connector.models import ErrorResponseException

from channel.answer import ANSWER_LIMIT
from tests.fakes.fake_connector import Answer

HELLO = Activity(type="message", text="hello")


async def test_the_members_of_a_conversation_are_read(client, connector):
    [member] = await client.conversations.get_conversation_members("a/b")
    assert (member.id, member.name) == ("user-1", "User")
    assert connector.others == [("GET", "/v3/conversations/a/b/members")]


async def test_an_activity_is_updated(client, connector):
    receipt = await client.conversations.update_activity("c", "a1", Activity(type="message", text="new"))
    assert receipt.id == "a1"
    assert connector.others == [("PUT", "/v3/conversations/c/activities/a1")]


async def test_an_activity_is_deleted(client, connector):
    await client.conversations.delete_activity("c", "a1")
    assert connector.others == [("DELETE", "/v3/conversations/c/activities/a1")]


async def test_a_conversation_is_created(client, connector):
    created = await client.conversations.create_conversation(ConversationParameters(is_group=False))
    assert created.id == "conversation-1"


async def test_what_asks_for_the_raw_answer_gets_it(client, connector):
    sent = await client.conversations.send_to_conversation("c", HELLO, raw=True)
    replied = await client.conversations.reply_to_activity("c", "a", HELLO, raw=True)
    assert [sent.response.status_code, replied.response.status_code] == [201, 201]
    assert [sent.output.id, replied.output.id] == ["sent-1", "sent-2"]
    assert [each.activity["text"] for each in connector.arrivals] == ["hello", "hello"]


async def test_these_requests_are_signed_too(signing_client, connector):
    await signing_client.conversations.send_to_conversation("c", HELLO, raw=True)
    assert connector.arrivals[0].headers["Authorization"] == "Bearer t1"
    assert connector.arrivals[0].headers["User-Agent"].endswith("the-bot")


async def test_these_requests_also_give_up_a_token_that_is_refused(signing_client, connector, clock):
    connector.script("c", Answer(status=401))
    with pytest.raises(ErrorResponseException):
        await signing_client.conversations.send_to_conversation("c", HELLO, raw=True)
    clock.advance(minutes=2)
    with pytest.raises(ErrorResponseException):
        connector.script("c", Answer(status=401))
        await signing_client.conversations.send_to_conversation("c", HELLO, raw=True)
    await signing_client.conversations.send_to_conversation("c", HELLO, raw=True)
    signatures = [arrival.headers["Authorization"] for arrival in connector.arrivals]
    assert signatures == ["Bearer t1", "Bearer t1", "Bearer t2"]


async def test_of_an_endless_error_only_the_beginning_is_read(client, connector):
    connector.script("c", Answer(status=500, body=b"x" * 10 * ANSWER_LIMIT))
    with pytest.raises(ErrorResponseException) as raised:
        await client.conversations.send_to_conversation("c", HELLO, raw=True)
    assert raised.value.response.body == b"x" * ANSWER_LIMIT


async def test_an_error_is_the_sdks_own(client, connector):
    with pytest.raises(ErrorResponseException) as raised:
        await client.conversations.get_activity_members("c", "unheard-of")
    assert raised.value.response.status_code == 404
