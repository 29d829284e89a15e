"""The connector client on the wire: requests to a channel, and how its responses are read."""

import asyncio

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from botbuilder.schema import Activity
from msrest.exceptions import HttpOperationError

from channel.answer import ANSWER_LIMIT
from channel.connector import ConnectorError
from channel.connector_pool import ConnectorPool
from channel.outbound_tokens import OutboundTokens
from channel.service_urls import RefusedServiceUrl, ServiceUrlPolicy
from state.addresses import VouchedBy
from tests.fakes.fake_connector import Answer

HELLO = Activity(type="message", text="hello")


async def test_a_message_is_posted_to_its_conversation_and_its_receipt_returned(client, connector):
    receipt = await client.conversations.send_to_conversation("c", HELLO)
    assert receipt.id == "sent-1"
    [arrival] = connector.arrivals
    assert (arrival.conversation_id, arrival.reply_to_id) == ("c", None)
    assert arrival.activity == {"type": "message", "text": "hello"}


async def test_a_reply_names_the_activity_that_it_answers_in_its_path(client, connector):
    await client.conversations.reply_to_activity("c", "a1", HELLO)
    assert connector.arrivals[0].reply_to_id == "a1"


@pytest.mark.parametrize("odd", ["19:a/b c@thread.v2;messageid=1?x#y", "ä\U0001f600", "100%25", "a+b&c=d"])
async def test_odd_ids_arrive_as_they_are(client, connector, odd):
    await client.conversations.reply_to_activity(odd, odd, HELLO)
    await client.conversations.send_to_conversation(odd, HELLO)
    assert [(each.conversation_id, each.reply_to_id) for each in connector.arrivals] == [
        (odd, odd),
        (odd, None),
    ]


async def test_a_message_says_who_sends_it_and_for_which_conversation(signing_client, connector):
    await signing_client.conversations.send_to_conversation("a b", HELLO, custom_headers={"x-mine": "1"})
    headers = connector.arrivals[0].headers
    assert headers["Authorization"] == "Bearer t1"
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert headers["x-ms-conversation-id"] == "a%20b"
    assert headers["x-mine"] == "1"
    assert headers["User-Agent"].endswith("the-bot")


async def test_without_a_token_there_is_no_authorization(client, connector):
    await client.conversations.send_to_conversation("c", HELLO)
    assert "Authorization" not in connector.arrivals[0].headers


async def test_a_service_url_may_have_a_path_and_end_with_a_slash_or_not(pool):
    paths: list[str] = []

    async def receive(request: web.Request) -> web.Response:
        paths.append(request.path)
        return web.json_response({"id": "1"})

    app = web.Application()
    app.router.add_post("/{anything:.*}", receive)
    async with TestServer(app) as server:
        for end in ("/_connector", "/_connector/"):
            url = str(server.make_url(end))
            await pool.client(url).conversations.send_to_conversation("c", HELLO)
    assert paths == ["/_connector/v3/conversations/c/activities"] * 2


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"<html>", b"\xff", b'{"id": 5}', b"[" * 10_000])
@pytest.mark.parametrize("status", [200, 202, 204])
async def test_a_broken_receipt_is_a_receipt(client, connector, status, body):
    """The channel has taken the message: an error would make us send it again."""
    connector.script("c", Answer(status=status, body=b"" if status == 204 else body))
    assert await client.conversations.send_to_conversation("c", HELLO) is not None


async def test_an_error_carries_the_channels_answer(client, connector):
    connector.script("c", Answer.error(429, "Throttled", Retry_After="3"))
    with pytest.raises(ConnectorError) as raised:
        await client.conversations.send_to_conversation("c", HELLO)
    assert isinstance(raised.value, HttpOperationError)  # What the SDK's users catch.
    assert raised.value.response.status_code == 429
    assert raised.value.response.headers["retry-after"] == "3"
    assert b"Throttled" in raised.value.response.body
    assert str(raised.value) == "The connector answered 429 Too Many Requests"


async def test_of_an_endless_error_only_the_beginning_is_read(client, connector):
    connector.script("c", Answer(status=500, body=b"x" * 10 * ANSWER_LIMIT))
    with pytest.raises(ConnectorError) as raised:
        await client.conversations.send_to_conversation("c", HELLO)
    assert raised.value.response.body == b"x" * ANSWER_LIMIT


async def test_a_redirect_is_not_followed(client, connector):
    """It would carry the bot's token to wherever the answer says."""
    connector.script("c", Answer(status=307, headers={"Location": connector.service_url}))
    with pytest.raises(ConnectorError) as raised:
        await client.conversations.send_to_conversation("c", HELLO)
    assert raised.value.response.status_code == 307
    assert len(connector.arrivals) == 1


async def test_a_token_that_is_refused_is_replaced_and_the_message_sent_again(
    signing_client, connector, clock
):
    """It was revoked, or signed with a key that was replaced: no message should be lost for that."""
    send = signing_client.conversations.send_to_conversation
    await send("c", HELLO)
    clock.advance(minutes=2)
    connector.script("c", Answer(status=401))
    assert (await send("c", HELLO)).id == "sent-3"
    assert [each.headers["Authorization"] for each in connector.arrivals] == [
        "Bearer t1",
        "Bearer t1",
        "Bearer t2",
    ]


async def test_a_new_token_that_is_refused_is_the_channels_last_word(signing_client, connector, clock):
    send = signing_client.conversations.send_to_conversation
    await send("c", HELLO)
    clock.advance(minutes=2)
    connector.script("c", Answer(status=401), Answer(status=401), Answer(status=401))
    for attempts in (3, 4):
        with pytest.raises(ConnectorError) as refused:
            await send("c", HELLO)
        assert refused.value.response.status_code == 401
        assert len(connector.arrivals) == attempts


@pytest.mark.parametrize("status", [201, 503])
async def test_the_status_counts_although_the_body_breaks_off(pool, status):
    async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 %d X\r\nContent-Length: 100\r\n\r\n{" % status)
        writer.close()

    async with await asyncio.start_server(break_off, "127.0.0.1", 0) as server:
        client = pool.client(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        if status == 201:
            assert (await client.conversations.send_to_conversation("c", HELLO)).id is None
            return
        with pytest.raises(ConnectorError) as failed:
            await client.conversations.send_to_conversation("c", HELLO)
        assert (failed.value.response.status_code, failed.value.response.body) == (503, b"{")


async def test_no_answer_is_aiohttps_error(client, connector):
    connector.script("c", Answer(reset="read"))
    with pytest.raises(aiohttp.ClientError):
        await client.conversations.send_to_conversation("c", HELLO)
    await connector.close()
    with pytest.raises(aiohttp.ClientConnectorError):
        await client.conversations.send_to_conversation("c", HELLO)


async def test_many_messages_share_one_session(client, connector):
    await asyncio.gather(*(client.conversations.send_to_conversation(str(n), HELLO) for n in range(50)))
    assert len(connector.arrivals) == 50


async def test_clients_are_kept_by_service_url_the_least_used_going_first(pool):
    first = pool.client("http://localhost/0")
    second = pool.client("http://localhost/1")
    for n in range(2, 257):
        assert pool.client("http://localhost/0") is first
        pool.client(f"http://localhost/{n}")
    assert pool.client("http://localhost/0") is first
    assert pool.client("http://localhost/1") is not second


def test_there_is_no_client_for_a_service_url_that_is_refused(session, clock, hosts):
    service_urls = ServiceUrlPolicy(authentication=True)
    tokens = OutboundTokens(None, clock=clock)
    pool = ConnectorPool(session, tokens, service_urls, hosts, user_agent="the-bot")
    url = "https://bot.azurewebsites.net/.bot"
    assert pool.client(url, VouchedBy.CHANNEL) is pool.client(url, VouchedBy.CHANNEL)
    for vouched_by in (VouchedBy.NONE, VouchedBy.EMULATOR):
        with pytest.raises(RefusedServiceUrl):
            pool.client(url, vouched_by)
