"""`/metrics`: what is counted, and who may read it."""

import asyncio
from collections.abc import Mapping

import pytest
from aiohttp.test_utils import TestClient
from prometheus_client.parser import text_string_to_metric_families
from pydantic import AnyHttpUrl, SecretStr

from app import build_app
from bot.proactive_bot import ProactiveBot
from compose import Surroundings
from tests.fakes.bot_server import BotServer
from tests.fakes.chat import Chat
from tests.fakes.fake_connector import Answer
from tests.fakes.job_system import FakeJobSystem, Reply
from tests.fakes.settings import settings
from tests.fakes.signing import SECRET

TOKEN = "t" * 32
REGISTERED = {"MicrosoftAppId": "app", "MicrosoftAppPassword": "secret"}


async def scraped(bot) -> Mapping[tuple[str, ...], float]:
    """Return the samples by name and values of labels, in the order of the labels' names."""
    answer = await bot.get("/metrics")
    assert answer.status == 200, await answer.text()
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    return {
        (sample.name.removeprefix("proactive_bot_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(await answer.text())
        for sample in family.samples
    }


async def until(bot, name: tuple[str, ...], value: float) -> Mapping[tuple[str, ...], float]:
    """Return the first scrape in which a sample has this value."""
    async with asyncio.timeout(20):
        while (samples := await scraped(bot)).get(name) != value:  # noqa: ASYNC110  # As Prometheus does.
            await asyncio.sleep(0.02)
    return samples


async def test_a_turn_and_its_notice_are_counted(bot, chat, started):
    number = await started(chat("a"))
    await chat("b").say(f"done {number}")
    await chat("a").heard()
    samples = await until(bot, ("notices_settled_total", "conversation", "sent"), 1)
    assert samples["turns_total", "ok", "message"] == 2
    assert samples["turn_duration_seconds_count", "message"] == 2
    assert samples["sends_total", "emulator", "2xx"] == 3
    assert samples["send_duration_seconds_count", "emulator"] == 3
    assert samples["event_to_delivery_seconds_count", "direct"] == 1
    assert samples["event_to_delivery_seconds_sum", "direct"] < 20


async def test_attempts_that_fail_are_counted_by_reason(bot, chat, started):
    number = await started(chat("a"))
    chat("a").connector.script("a", Answer.error(503, "ServiceUnavailable"))
    await chat("b").say(f"done {number}")
    samples = await until(bot, ("notices_settled_total", "conversation", "sent"), 1)
    assert samples["failed_attempts_total", "retry", "conversation", "Unavailable"] == 1
    assert samples["sends_total", "emulator", "5xx"] == 1
    assert samples["event_to_delivery_seconds_count", "outbox"] == 1


async def test_what_alerts_count_begins_at_zero(bot):
    """Twenty-five conversations that block the bot at once are no increase of a series that begins at 25."""
    samples = await scraped(bot)
    for name in (
        ("failed_attempts_total", "park", "conversation", "Blocked"),
        ("failed_attempts_total", "give_up", "webhook", "Rejected"),
        ("notices_settled_total", "conversation", "dead"),
        ("turns_total", "store_unavailable", "message"),
        ("activities_refused_total", "401"),
        ("token_refreshes_total", "refused"),
        ("webhook_deliveries_total", "no_answer"),
    ):
        assert samples[name] == 0


async def test_a_request_without_a_turn_is_counted_by_its_status(bot):
    await bot.post("/api/messages", data="no json", headers={"Content-Type": "application/json"})
    assert (await scraped(bot))["activities_refused_total", "400"] == 1


async def test_no_series_is_of_a_person_a_conversation_or_a_job(bot, chat, started):
    number = await started(chat("secret-conversation"))
    await chat("b").say(f"done {number}")
    text = await (await bot.get("/metrics")).text()
    for secret in (number, "secret-conversation", "user-1", "Alex"):
        assert secret not in text


@pytest.fixture
async def serving(tmp_path):
    """``bot = await serving(NAME=value)``: a bot with these settings."""
    clients = []

    async def serving(**changed):
        client = TestClient(BotServer(build_app(settings(tmp_path / "jobs.sqlite3", **changed))))
        clients.append(client)
        await client.start_server()
        return client

    yield serving
    for client in clients:
        await client.close()


async def test_with_authentication_they_are_off_until_a_token_is_set(serving):
    answer = await (await serving(**REGISTERED)).get("/metrics")
    assert answer.status == 404
    assert "METRICS_TOKENS" in (await answer.json())["detail"]


async def test_with_a_token_whoever_shows_it_may_read_them(serving):
    bot = await serving(**REGISTERED, METRICS_TOKENS=f"{'o' * 32},{TOKEN}", JOB_API_TOKENS="j" * 32)
    for authorization, status in (
        (None, 401),
        (f"Bearer {TOKEN}", 200),
        (f"Bearer {'o' * 32}", 200),
        (f"Bearer {'j' * 32}", 401),
        (f"Bearer {TOKEN}x", 401),
        (TOKEN, 401),
    ):
        headers = {} if authorization is None else {"Authorization": authorization}
        answer = await bot.get("/metrics", headers=headers)
        assert answer.status == status, authorization
    assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_without_authentication_this_machine_may_read_them_and_nobody_whom_a_proxy_lets_in(bot):
    assert (await bot.get("/metrics")).status == 200
    for headers in (
        {"X-Forwarded-For": "192.0.2.1"},
        {"Host": "evil.example"},
        {"Origin": "https://x.example"},
    ):
        assert (await bot.get("/metrics", headers=headers)).status == 403


async def test_an_open_bot_shows_them_to_nobody_without_a_token(serving):
    assert (await (await serving(ALLOW_ANONYMOUS="true")).get("/metrics")).status == 404


class Broken(ProactiveBot):
    """Fails at each message."""

    async def on_message_activity(self, turn_context):
        raise ZeroDivisionError


async def test_a_turn_that_failed_is_counted_as_such_although_people_got_an_apology(config, connector):
    app = build_app(config, around=Surroundings(make_bot=Broken))
    async with TestClient(BotServer(app)) as bot:
        answer = await Chat(client=bot, connector=connector, conversation_id="a").say("run")
        assert "went wrong" in answer
        samples = await scraped(bot)
    assert samples["turns_total", "failed", "message"] == 1
    assert samples["turns_total", "ok", "message"] == 0


async def test_requests_to_job_systems_are_counted_by_outcome(config, connector):
    async with FakeJobSystem() as system:
        system.script += [Reply(status=410)]
        webhook = {
            "job_webhook_url": AnyHttpUrl(system.url),
            "job_webhook_secret": (SecretStr(SECRET),),
            "public_url": AnyHttpUrl("http://bot.example"),
        }
        async with TestClient(BotServer(build_app(config.model_copy(update=webhook)))) as bot:
            chat = Chat(client=bot, connector=connector, conversation_id="a")
            await chat.say("run")
            samples = await until(bot, ("notices_settled_total", "webhook", "dead"), 1)
            assert samples["webhook_deliveries_total", "refused"] == 1
            await chat.say("run")
            samples = await until(bot, ("notices_settled_total", "webhook", "sent"), 1)
            assert samples["webhook_deliveries_total", "delivered"] == 1
