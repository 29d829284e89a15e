"""Events for a job system: what it hears, when, and what becomes of those that it does not take."""

import asyncio

import pytest
from pydantic import AnyHttpUrl, SecretStr

from app import BOT
from settings.webhooks import JobWebhook
from tests.fakes.job_system import FakeJobSystem, Reply
from tests.fakes.signing import SECRET


async def test_a_new_job_is_told_with_all_that_a_worker_needs(system, chat, report):
    a = chat("a", user={"id": "ann", "name": "Ann"})
    await a.say("run nightly report")
    created = await system.event("job.created")
    number = created.data["jobId"]
    assert created.data["title"] == "nightly report"
    assert created.data["requestedBy"]["id"] == "ann"
    address = created.data["report"]
    assert address["url"] == f"http://bot.example/api/jobs/{number}/report"
    status, receipt = await report(number, "started", token=address["token"])
    assert (status, receipt["state"]) == (202, "running")
    status, receipt = await report(number, "succeeded", "all\ngreen", token=address["token"])
    assert (status, receipt["state"]) == (202, "succeeded")
    told = (await a.heard()).text
    assert told == f"Job {number} is complete: nightly report\n\n```\nall\ngreen\n```"


async def test_the_job_system_hears_that_the_person_was_told(system, chat, bot, report, started):
    a = chat("a")
    number = int(await started(a))
    await report(number, "succeeded")
    await a.heard()
    delivered = await system.event("notice.delivered")
    assert delivered.data["jobId"] == number
    async with bot.get(f"/api/jobs/{number}") as answer:
        (notice,) = (await answer.json())["notices"]
    assert notice["state"] == "delivered"
    assert notice["deliveredAt"]


async def test_a_job_waits_until_its_system_has_begun(system, chat, report, started):
    a = chat("a")
    number = int(await started(a))
    assert "It is running." not in await a.say(f"show {number}")
    await report(number, "started")
    assert "It is running." in await a.say(f"show {number}")


async def test_an_event_that_is_refused_is_sent_again_with_the_same_id(system, chat, report, bot, started):
    system.script += [Reply(status=500), Reply(status=302, headers={"Location": "http://elsewhere.example"})]
    number = int(await started(chat("a")))
    await system.requests(1)
    await report(number, "heartbeat")  # A sign of life: it need not wait for the next attempt.
    await system.requests(2)
    parts = bot.app[BOT]
    await parts.delivery.worker.idle()
    assert await parts.store.drain("default") == 1
    parts.delivery.worker.look()
    await system.event("job.created")
    assert len({event.id for event in system.arrived}) == 1
    assert [event.answered for event in system.arrived] == [500, 302, 204]


@pytest.mark.parametrize(
    "reply", [Reply(status=410), Reply(status=400, headers={"webhook-delivery": "abort-message"})]
)
async def test_what_the_job_system_never_wants_becomes_a_dead_letter(system, chat, bot, reply, started):
    system.script.append(reply)
    first = int(await started(chat("a")))
    await system.requests(1)
    await started(chat("a"))
    second = await system.event("job.created")
    assert second.data["jobId"] != first
    store = bot.app[BOT].store
    await bot.app[BOT].delivery.worker.idle()
    letters = await store.dead_letters(limit=9)
    assert [(letter.job_id, letter.status) for letter in letters] == [(first, reply.status)]


async def test_a_system_that_hangs_delays_neither_chats_nor_other_events(system, chat, started):
    hanging = asyncio.Event()
    system.script.append(Reply(after=hanging))
    await started(chat("a"))
    number = int(await started(chat("b")))
    assert (await system.event("job.created")).data["jobId"] == number
    hanging.set()


async def test_a_cancel_request_goes_to_the_job_system_once(system, chat, bot, report, started):
    number = int(await started(chat("a")))
    for _ in range(2):
        async with bot.post(f"/api/jobs/{number}/cancel", json={"askedBy": "Ann"}) as answer:
            assert (answer.status, (await answer.json())["cancelRequested"]) == (202, True)
    asked = await system.event("job.cancel_requested")
    assert (asked.data["jobId"], asked.data["askedBy"]) == (number, "Ann")
    status, receipt = await report(number, "heartbeat")
    assert (status, receipt["cancelRequested"]) == (202, True)
    await report(number, "cancelled")
    async with bot.post(f"/api/jobs/{number}/cancel") as answer:
        assert answer.status == 409
    assert [event.type for event in system.arrived].count("job.cancel_requested") == 1


@pytest.fixture
async def builds():
    async with FakeJobSystem() as system:
        yield system


class TestSeveral:
    @pytest.fixture
    def config(self, config, builds):
        own = JobWebhook(
            name="builds", url=AnyHttpUrl(builds.url), secret=(SecretStr(SECRET),), titles=("build*",)
        )
        return config.model_copy(update={"job_webhooks": (own,)})

    async def test_titles_choose_the_job_system(self, system, builds, chat):
        await chat("a").say("run Build 7")
        await chat("a").say("run nightly report")
        assert (await builds.event("job.created")).data["title"] == "Build 7"
        assert (await system.event("job.created")).data["title"] == "nightly report"
        assert (len(builds.arrived), len(system.arrived)) == (1, 1)


async def test_a_report_by_an_event_is_a_sign_of_life_too(system, chat, bot, started):
    system.script.append(Reply(status=503))
    number = int(await started(chat("a")))
    await system.requests(1)
    await bot.app[BOT].delivery.worker.idle()
    await chat("jobs").post(type="event", name="jobProgress", value={"jobId": number, "progress": 0.5})
    assert (await system.event("job.created")).data["jobId"] == number


async def test_a_job_that_waits_for_its_system_may_be_completed_by_hand(system, chat, started):
    a = chat("a")
    number = await started(a)
    await a.say(f"done {number}")
    assert f"Job {number} is complete" in (await a.heard()).text
    assert (await system.event("notice.delivered")).data["jobId"] == int(number)
