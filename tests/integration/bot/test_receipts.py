"""The response to an event that reports on a job says what became of the report."""

import logging

import pytest

from app import BOT
from jobs.lane import in_logs, lane_key


async def receipt(chat, value, name="jobComplete") -> dict:
    answer = await chat.post(type="event", name=name, value=value)
    assert answer.status == 200
    assert answer.content_type == "application/json"
    return await answer.json()


async def test_a_report_is_answered_with_what_became_of_it(chat, started):
    a, system = chat("a"), chat("jobs", channel_id="jobs")
    number = await started(a)
    assert await receipt(system, int(number)) == {
        "result": "completed",
        "detail": f"Job {number} is complete; the conversation that started it will be told.",
    }
    assert (await a.heard()).text == f"Job {number} is complete."
    assert await receipt(system, {"jobId": number}, name="jobCompleted") == {
        "result": "already complete",
        "detail": f"Job {number} was complete before; nothing was changed.",
    }


async def test_a_report_that_is_sent_again_is_answered_alike(chat, started):
    system = chat("jobs", channel_id="jobs")
    number = await started(chat("a"))
    for _ in range(2):
        answer = await system.post(type="event", name="jobComplete", value=number, id="once")
        assert (await answer.json())["result"] == "completed"


async def test_a_report_may_name_a_job_by_the_job_systems_own_id(bot, chat):
    system = chat("jobs", channel_id="jobs")
    async with bot.post("/api/jobs", json={"externalId": "build 7"}) as answer:
        number = (await answer.json())["jobId"]
    said = await receipt(system, {"externalId": "build 7", "progress": 0.5}, name="jobProgress")
    assert said == {"result": "noted", "detail": f"Job {number} is running."}
    async with bot.post(f"/api/jobs/{number}/cancel") as answer:
        assert answer.status == 202
    assert (await receipt(system, {"externalId": "build 7"}, name="jobHeartbeat"))["cancelRequested"] is True
    for unknown in ("build 8", "build\0"):
        assert await receipt(system, {"externalId": unknown}) == {
            "result": "unknown job",
            "detail": "There is no job with this externalId; nothing was changed.",
        }


@pytest.mark.parametrize(
    "value, result",
    [(5, "unknown job"), ("9" * 40, "unknown job"), ("five", "no job number"), (None, "no job number")],
)
async def test_a_report_that_names_no_job_of_ours_says_so(chat, value, result):
    assert (await receipt(chat("jobs"), value))["result"] == result


@pytest.mark.parametrize("fields", [{"type": "event", "name": "other"}, {"type": "message", "text": "show"}])
async def test_other_activities_are_answered_with_an_empty_body(chat, fields):
    answer = await chat("a").post(**fields)
    assert (answer.status, answer.content_length) == (200, 0)


A, B = lane_key("emulator", "a"), lane_key("emulator", "b")


async def test_the_log_has_a_line_for_each_job_started_reported_and_told(bot, chat, started, caplog):
    caplog.set_level(logging.INFO)
    a, system = chat("a"), chat("jobs", channel_id="jobs")
    number, other = await started(a), await started(a)
    await system.post(type="event", name="jobComplete", value=number)
    await a.heard()
    await chat("b").say(f"done {other}")
    await bot.app[BOT].delivery.worker.idle()
    said = [
        record.getMessage() for record in caplog.records if record.name.split(".")[0] in ("bot", "delivery")
    ]
    # No order is promised between a notice and the turn that caused it.
    assert sorted(said) == sorted(
        [
            f"Job {number} was started in {in_logs(A)}",
            f"Job {other} was started in {in_logs(A)}",
            f"Job {number} is complete, as a jobComplete event reports",
            f"Told {in_logs(A)} about jobs: {number}",
            f"Job {other} is complete, by done in {in_logs(B)}",
            f"Told {in_logs(A)} about jobs: {other}",
        ]
    )


async def test_a_job_is_reported_from_its_start_to_its_end(chat, started):
    a, system = chat("a"), chat("jobs", channel_id="jobs")
    number = await started(a)
    assert (await receipt(system, number, "jobStarted"))["result"] == "noted"
    progress = {"jobId": number, "progress": 0.4, "message": "step 2 of *5*"}
    assert await receipt(system, progress, "jobProgress") == {
        "result": "noted",
        "detail": f"Job {number} is running.",
    }
    assert "It is running: 40%, step 2 of \\*5\\*" in await a.say(f"show {number}")
    end = {
        "jobId": number,
        "message": "3 tests failed",
        "durationSeconds": 252,
        "exitCode": 137,
        "link": "https://ci.example/_build?id=1",
        "logTail": "first\n```\nlast",
        "progress": 7,
    }
    assert await receipt(system, end, "jobFailed") == {
        "result": "failed",
        "detail": f"Job {number} failed; the conversation that started it will be told."
        " Left out, because they are not valid: progress.",
    }
    assert (await a.heard()).text.split("\n\n") == [
        f"Job {number} failed.",
        "3 tests failed",
        "It took 4 min 12 sec. Exit code 137.",
        "https://ci.example/_build?id=1",
        "````\nfirst\n```\nlast\n````",
    ]
    late = await receipt(system, progress, "jobProgress")
    assert late["result"] == "already complete"
    assert "Exit code 137." in await a.say(f"show {number}")


@pytest.mark.parametrize(
    "name, word, said",
    [("jobCancelled", "cancelled", "Job {} was cancelled."), ("jobFailed", "failed", "Job {} failed.")],
)
async def test_other_ends_are_told_as_such_and_once(chat, started, name, word, said):
    a, system = chat("a"), chat("jobs", channel_id="jobs")
    number = await started(a)
    assert (await receipt(system, number, name))["result"] == word
    assert (await a.heard()).text == said.format(number)
    assert (await receipt(system, number))["result"] == "already complete"
