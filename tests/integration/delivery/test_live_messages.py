"""The message that shows a job is updated in place, where the channel can do that: in Teams."""

import json
from itertools import pairwise

import pytest
from aiohttp.test_utils import TestClient
from pydantic import SecretStr

from app import BOT, build_app
from jobs.job import JobId
from jobs.live import UPDATED_EVERY
from jobs.transitions import ReportKind
from tests.fakes.bot_server import BotServer
from tests.fakes.chat import Chat
from tests.fakes.fake_connector import Answer
from tests.fakes.schemas import new_migrated_schema

PERSONAL = {"conversation": {"id": "a:1", "conversationType": "personal"}}


@pytest.fixture
def teams(chat):
    """A person's chat in Teams."""
    return chat("a:1", channel_id="msteams", fields=PERSONAL)


@pytest.fixture
async def shown(teams, connector):
    """A job that is shown in Teams: its number, and the id of the message."""
    await teams.post(type="message", text="run nightly")
    message = await teams.heard()
    assert "text" not in message.activity  # Teams would make two messages of text and card.
    assert message.activity["summary"].startswith("We're starting job")
    return int(message.text.split("job ")[1].split(":")[0]), f"sent-{message.number}"


@pytest.fixture
def report(bot):
    async def report(number, kind, **said):
        async with bot.post(f"/api/jobs/{number}/report/{kind}", json=said) as answer:
            assert answer.status == 202, await answer.text()

    return report


async def updates(connector, count):
    await connector.until(lambda _: len(connector.updates) >= count, f"{count} updates")
    return connector.updates


def said_in(update):
    return json.dumps(update.cards[0], ensure_ascii=False)


async def test_it_shows_how_far_the_job_is_and_how_it_ended(shown, report, connector, teams):
    number, message_id = shown
    await report(number, "progress", progress=0.5, message="half of the rows")
    [half] = await updates(connector, 1)
    assert (half.conversation_id, half.reply_to_id, half.activity["id"]) == ("a:1", message_id, message_id)
    assert '"value": 50' in said_in(half)
    assert "half of the rows" in said_in(half)
    await report(number, "failed", exitCode=3)
    assert (await teams.heard()).text.startswith(f"Job {number} failed: nightly")  # A new message alerts.
    [_, ended] = await updates(connector, 2)
    assert ended.reply_to_id == message_id
    assert [each["title"] for each in ended.cards[0]["actions"]] == ["Run again", "Show"]


async def test_of_many_reports_few_updates_come_and_the_last_state_always(shown, report, connector):
    number, _ = shown
    for place in range(300):
        await report(number, "progress", progress=place / 300)
    await report(number, "succeeded", message="all rows")
    await connector.until(lambda _: bool(connector.updates) and "all rows" in said_in(connector.updates[-1]))
    assert len(connector.updates) <= 4
    times = [each.at for each in connector.updates]
    apart = UPDATED_EVERY.total_seconds() - 0.1
    assert all(later - earlier >= apart for earlier, later in pairwise(times))


async def test_a_message_that_was_deleted_is_sent_anew_once(shown, report, connector, teams):
    number, _ = shown
    connector.update_script.append(Answer.error(404, "ActivityNotFoundInConversation"))
    await report(number, "progress", progress=0.5)
    anew = await teams.heard()
    assert '"value": 50' in said_in(anew)
    assert "replyToId" not in anew.activity
    await report(number, "succeeded")
    await updates(connector, 2)
    assert connector.updates[-1].reply_to_id == f"sent-{anew.number}"
    assert len(connector.in_conversation("a:1")) == 3  # The answer, the new one, and the notice.


async def test_a_throttled_update_comes_when_the_channel_said(shown, report, connector):
    number, _ = shown
    connector.update_script.append(Answer.error(429, "Throttled", Retry_After="1"))
    await report(number, "succeeded", message="fine")
    first, second = await updates(connector, 2)
    assert second.at - first.at >= 1
    assert "fine" in said_in(second)


async def test_it_is_updated_after_the_bot_was_away(shown, report, connector, bot, config, teams):
    number, message_id = shown
    connector.update_script.extend([Answer.error(503, "ServiceUnavailable")] * 2)
    await report(number, "progress", progress=0.25)
    await updates(connector, 1)
    await bot.close()
    again = build_app(config)
    async with BotServer(again):
        await again[BOT].jobs.report(number, ReportKind.SUCCEEDED, source=None, body='{"message":"ended"}')
        await connector.until(lambda _: "ended" in said_in(connector.updates[-1]), "the end")
    assert connector.updates[-1].reply_to_id == message_id


async def test_a_card_whose_button_came_too_late_is_repaired(shown, report, connector, teams):
    number, message_id = shown
    await teams.post(type="message", text=f"show {number}")
    stale = await teams.heard()
    await report(number, "succeeded", message="fine")
    await teams.heard()
    await connector.until(lambda _: bool(connector.updates) and "fine" in said_in(connector.updates[-1]))
    pressed = next(each["data"] for each in stale.cards[0]["actions"] if each["title"] == "Cancel")
    pressing = {"value": pressed, "text": None, "replyToId": f"sent-{stale.number}"}
    assert "is already complete" in await teams.say(**pressing)
    await connector.until(lambda _: connector.updates[-1].reply_to_id == f"sent-{stale.number}", "its repair")
    assert "fine" in said_in(connector.updates[-1])
    assert [each["title"] for each in connector.updates[-1].cards[0]["actions"]] == ["Show"]
    assert message_id != f"sent-{stale.number}"


async def test_elsewhere_a_message_is_never_updated(chat, started, report, connector, bot):
    a = chat("a")
    number = await started(a)
    await report(number, "progress", progress=0.5)
    await report(number, "succeeded")
    assert (await a.heard()).text == f"Job {number} is complete."
    await bot.app[BOT].delivery.worker.idle()
    assert await bot.app[BOT].store.differing([number]) == set()
    assert connector.updates == []


@pytest.fixture(params=["sqlite", "postgres"])
def shared(request, config):
    """The settings of two replicas on one database."""
    if request.param == "sqlite":
        return config
    return config.model_copy(update={"database_url": SecretStr(new_migrated_schema())})


@pytest.mark.slow
async def test_of_two_replicas_one_at_a_time_updates_and_the_last_state_lands(shared, connector):
    first, second = build_app(shared), build_app(shared)
    async with BotServer(second):
        async with TestClient(BotServer(first)) as leaving:
            teams = Chat(
                client=leaving,
                connector=connector,
                conversation_id="a:1",
                channel_id="msteams",
                fields=PERSONAL,
            )
            await teams.post(type="message", text="run nightly")
            number = JobId(int((await teams.heard()).text.split("job ")[1].split(":")[0]))
            for place in range(1_000):
                replica = (first, second)[place % 2]
                body = f'{{"progress":{place / 2_000}}}'
                await replica[BOT].jobs.report(number, ReportKind.PROGRESS, source=None, body=body)
        for place in range(1_000, 2_000):
            body = f'{{"progress":{place / 2_000}}}'
            await second[BOT].jobs.report(number, ReportKind.PROGRESS, source=None, body=body)
        await second[BOT].jobs.report(number, ReportKind.SUCCEEDED, source=None, body='{"message":"all"}')
        await connector.until(lambda _: bool(connector.updates) and "all" in said_in(connector.updates[-1]))
    times = [each.at for each in connector.updates]
    apart = UPDATED_EVERY.total_seconds() - 0.1
    assert all(later - earlier >= apart for earlier, later in pairwise(times))
    assert {each.reply_to_id for each in connector.updates} == {"sent-1"}


async def test_a_number_that_no_job_can_have_does_not_stop_updates(bot, shown, report, connector, caplog):
    """A program with a token for all jobs may report on any number."""
    async with bot.post(f"/api/jobs/{10**30}/report/progress", json={"progress": 0.1}) as answer:
        assert answer.status == 404
    await report(shown[0], "progress", progress=0.5, message="half of the rows")
    [half] = await updates(connector, 1)
    assert "half of the rows" in said_in(half)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
