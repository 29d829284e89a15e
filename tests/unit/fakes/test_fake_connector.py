"""The tests rely on the fake connector, so it must do what it reports."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.fakes.fake_connector import Answer, FakeConnector


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as client:
        yield client


class Bot:
    """Sends as a bot does, one request each."""

    def __init__(self, client: aiohttp.ClientSession, connector: FakeConnector) -> None:
        self._client = client
        self._connector = connector

    async def send(self, text: str, to: str = "c", reply_to: str = "") -> tuple[int, str, dict[str, str]]:
        url = f"{self._connector.service_url}/v3/conversations/{to}/activities"
        if reply_to:
            url += "/" + reply_to
        message = {"type": "message", "text": text}
        async with self._client.post(url, json=message, allow_redirects=False) as response:
            return response.status, await response.text(), dict(response.headers)


@pytest.fixture
def bot(client: aiohttp.ClientSession, connector: FakeConnector) -> Bot:
    return Bot(client, connector)


async def test_a_send_is_recorded_and_answered_with_an_id(connector, bot):
    assert (await bot.send("hello", reply_to="a1"))[:2] == (201, '{"id": "sent-1"}')
    [arrival] = connector.arrivals
    assert (arrival.conversation_id, arrival.reply_to_id, arrival.text) == ("c", "a1", "hello")
    assert arrival.number == 1
    assert arrival.headers["content-type"] == "application/json"


async def test_a_conversation_id_is_recorded_as_it_was_before_percent_encoding(connector, client):
    url = f"{connector.service_url}/v3/conversations/19%3Aa%2Fb%40thread.v2%3Bmessageid%3D1/activities"
    async with client.post(aiohttp.client.URL(url, encoded=True), json={}) as response:
        assert response.status == 201
    assert connector.arrivals[0].conversation_id == "19:a/b@thread.v2;messageid=1"


async def test_the_conversations_own_script_goes_before_the_script_for_all_and_the_rule(connector, bot):
    def rule(_conversation_id, activity):
        return Answer(status=504) if activity["text"] == "no" else None

    connector.rule = rule
    connector.script(None, Answer(status=502))
    connector.script("c", Answer(status=500), Answer.error(429, "Throttled", Retry_After="3"))
    assert (await bot.send("1"))[0] == 500
    status, body, headers = await bot.send("2")
    assert (status, headers["Retry-After"]) == (429, "3")
    assert '"code": "Throttled"' in body
    assert [(await bot.send(text))[0] for text in ("3", "no", "yes")] == [502, 504, 201]
    assert [arrival.text for arrival in connector.delivered] == ["yes"]


@pytest.mark.parametrize("body", ["", "<html></html>", '{"id":'])
async def test_a_scripted_body_is_sent_as_it_is(connector, bot, body):
    connector.script("c", Answer(body=body))
    assert (await bot.send("hello"))[:2] == (201, body)


async def test_a_redirect_can_be_scripted(connector, bot):
    connector.script("c", Answer(status=307, headers={"Location": "http://127.0.0.1:1/"}))
    status, _, headers = await bot.send("hello")
    assert (status, headers["Location"]) == (307, "http://127.0.0.1:1/")


async def test_a_reset_before_reading_leaves_nothing_received(connector, bot):
    connector.script("c", Answer(reset="unread"))
    with pytest.raises(aiohttp.ClientConnectionError):
        await bot.send("hello")
    assert (connector.arrivals, connector.unread) == ([], 1)


async def test_a_reset_after_reading_delivers_although_the_sender_cannot_know(connector, bot):
    connector.script("c", Answer(reset="read"))
    with pytest.raises(aiohttp.ClientConnectionError):
        await bot.send("hello")
    assert [arrival.text for arrival in connector.delivered] == ["hello"]


async def test_an_answer_waits_for_its_release(connector, bot):
    release = asyncio.Event()
    connector.script("c", Answer(after=release))
    sending = asyncio.create_task(bot.send("hello"))
    await connector.next_in("c")
    assert not sending.done()
    release.set()
    assert (await sending)[0] == 201


async def test_closing_drops_held_answers_and_opening_again_keeps_the_port(connector, bot):
    connector.script("c", Answer(after=asyncio.Event()))
    sending = asyncio.create_task(bot.send("held"))
    await connector.received(1)
    url = connector.service_url
    await connector.close()
    with pytest.raises(aiohttp.ClientConnectionError):
        await sending
    with pytest.raises(aiohttp.ClientConnectorError):
        await bot.send("refused")
    await connector.open()
    assert connector.service_url == url
    assert (await bot.send("again"))[0] == 201


async def test_next_in_hands_out_each_arrival_of_a_conversation_once(connector, bot):
    for text, to in (("1", "a"), ("x", "b"), ("2", "a")):
        await bot.send(text, to)
    assert [(await connector.next_in("a")).text for _ in range(2)] == ["1", "2"]
    assert [arrival.text for arrival in await connector.received(2)] == ["1", "x"]


async def test_waiting_in_vain_fails_and_shows_what_did_arrive(client):
    async with FakeConnector(patience=0.01) as connector:
        await Bot(client, connector).send("something else")
        with pytest.raises(AssertionError, match=r"2 arrivals; 1 arrived.*\n.*something else"):
            await connector.received(2)


async def test_the_other_calls_of_a_bot_have_simple_answers(connector, client):
    base = connector.service_url + "/v3/conversations"
    for method, path, status in (
        ("POST", "", 201),
        ("PUT", "/c/activities/a", 200),
        ("DELETE", "/c/activities/a", 200),
        ("GET", "/c/members", 200),
        ("GET", "/c/nonsense", 404),
    ):
        async with client.request(method, base + path) as response:
            assert (method, path, response.status) == (method, path, status)
    assert connector.arrivals == []
