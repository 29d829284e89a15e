"""Dead letters over HTTP: listed, counted by reason first, then requeued or purged by filter."""

import pytest

from app import BOT
from tests.fakes.fake_connector import Answer
from tests.fakes.job_system import Reply

PATH = "/api/dead-letters"


@pytest.fixture
def ask(bot):
    async def ask(act="", **said):
        asking = bot.post(f"{PATH}/{act}", json=said) if act else bot.get(PATH, params=said)
        async with asking as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    return ask


@pytest.fixture
async def dead(bot, chat, started, connector, system, report):
    """Two notices that the channel refuses for ever, and an event that a job system never wants."""
    numbers = []
    for name in ("a", "b"):
        numbers.append(int(await started(chat(name))))
        await system.event("job.created", len(numbers))
        connector.script(name, Answer.error(400, "BadArgument"))
        system.script.append(Reply(status=410))
        await report(numbers[-1], "succeeded")
        await connector.until(lambda _, name=name: len(connector.in_conversation(name)) == 2, name)
        await bot.app[BOT].delivery.worker.idle()
    return numbers


async def test_they_are_listed_and_counted_before_anything_happens(ask, dead):
    listed = await ask()
    assert (len(listed["letters"]) >= 2, listed["more"]) == (True, False)
    notices = [each for each in listed["letters"] if each["kind"] == "succeeded"]
    assert [each["jobId"] for each in notices] == dead
    assert notices[0]["reason"].startswith("Rejected (400 BadArgument)")
    counted = await ask("requeue", kind="succeeded")
    assert counted == {
        "matched": 2,
        "byReason": {"Rejected (400 BadArgument)": 2},
        "changed": 0,
        "more": False,
    }
    assert len((await ask(kind="succeeded"))["letters"]) == 2


async def test_those_that_fit_are_requeued_and_told(ask, dead, connector, bot):
    done = await ask("requeue", jobId=dead[1], kind="succeeded", dryRun=False)
    assert (done["matched"], done["changed"], done["more"]) == (1, 1, False)
    bot.app[BOT].delivery.worker.look()
    await connector.until(lambda _: len(connector.in_conversation("b")) == 3, "the notice")
    assert [each["jobId"] for each in (await ask(kind="succeeded"))["letters"]] == dead[:1]


async def test_those_that_fit_are_purged(ask, dead):
    assert (await ask("purge", reason="badargument", dryRun=False))["changed"] == 2
    assert (await ask(kind="succeeded"))["letters"] == []


@pytest.mark.parametrize("act", ["requeue", "purge"])
async def test_what_is_not_understood_changes_nothing(bot, dead, act):
    async with bot.post(f"{PATH}/{act}", json={"dryrun": False}) as answer:
        assert answer.status == 422
    async with bot.post(f"{PATH}/{act}", json={}, headers={"Origin": "http://evil.example"}) as answer:
        assert answer.status == 403
