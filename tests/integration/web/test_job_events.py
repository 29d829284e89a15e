"""Signed reports over HTTP, as a job system sends them."""

import asyncio
import json
import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.fakes.signing import SECRET, signed

PATH = "/api/job-events"

GUIDE = Path(__file__).parents[3] / "docs" / "reference" / "job-system.md"


@pytest.fixture
def config(config):
    return config.model_copy(update={"job_system_secrets": (SecretStr(SECRET),)})


@pytest.fixture
def report(bot):
    async def report(kind: str, webhook_id: str = "msg_1", *, headers=None, **data):
        body = json.dumps({"type": f"job.{kind}", "timestamp": "2026-11-26T10:00:00Z", "data": data}).encode()
        given = {"Content-Type": "application/json", **signed(body, webhook_id), **(headers or {})}
        async with bot.post(PATH, data=body, headers=given) as answer:
            return answer.status, await answer.json(content_type=None)

    return report


async def test_a_job_is_reported_from_its_start_to_its_end(report, chat, started):
    a = chat("a")
    number = int(await started(a))
    for place, kind in enumerate(("started", "heartbeat", "progress")):
        status, receipt = await report(kind, f"msg_{place}", jobId=number, progress=0.5)
        running = {"jobId": number, "state": "running", "cancelRequested": False, "notices": []}
        assert (status, receipt) == (202, running)
    status, receipt = await report("failed", "end", jobId=number, message="3 tests failed", exitCode=1)
    assert (status, receipt["jobId"], receipt["state"]) == (202, number, "failed")
    assert [notice["state"] in ("queued", "delivered") for notice in receipt["notices"]] == [True]
    assert (await a.heard()).text == f"Job {number} failed.\n\n3 tests failed\n\nExit code 1."


async def test_the_same_request_gets_the_same_answer_and_is_told_once(report, chat, started, connector):
    a = chat("a")
    number = int(await started(a))
    first = await report("succeeded", jobId=number)
    await a.heard()
    assert [await report("succeeded", jobId=number) for _ in range(3)] == [first] * 3
    status, problem = await report("failed", jobId=number)
    assert (status, "another body" in problem["detail"]) == (422, True)
    assert len(connector.in_conversation("a")) == 2


async def test_a_request_beside_itself_waits_its_turn(report, chat, started):
    number = int(await started(chat("a")))
    answers = await asyncio.gather(*(report("succeeded", jobId=number) for _ in range(8)))
    assert {status for status, _ in answers} <= {202, 409}
    assert 202 in [status for status, _ in answers]


async def test_what_cannot_be_is_said_and_stays_said(report, chat, started):
    number = int(await started(chat("a")))
    assert (await report("succeeded", "unknown", jobId=1))[0] == 404
    await report("succeeded", "one", jobId=number)
    for _ in range(2):
        status, problem = await report("failed", "two", jobId=number)
        assert (status, problem["detail"]) == (
            409,
            f"Job {number} had succeeded before; nothing was changed.",
        )


async def test_every_fault_of_a_body_is_named_by_its_place(report, chat, started, connector):
    number = int(await started(chat("a")))
    status, problem = await report("exploded", progress=7, link="ftp://x", message="m")
    assert status == 422
    assert {each["pointer"] for each in problem["errors"]} == {
        "/type",
        "/data/jobId",
        "/data/progress",
        "/data/link",
    }
    assert (await report("succeeded", jobId=number))[0] == 202  # The refusal was not kept.


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"webhook-signature": "v1," + "A" * 43 + "="}, "No signature"),
        ({"webhook-timestamp": "1"}, "here it is 1"),
        ({"webhook-id": "a.b"}, "without a dot"),
    ],
)
async def test_an_unsigned_report_hears_which_check_failed(report, bot, changes, said, chat, started):
    number = int(await started(chat("a")))
    status, problem = await report("succeeded", jobId=number, headers=changes)
    assert (status, said in problem["detail"]) == (401, True)
    assert "It is running." in await chat("b").say(f"show {number}")
    async with bot.post(PATH, data=b"{}") as answer:
        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Webhook-Signature")


async def test_cloud_events_are_understood_in_both_modes(bot, chat, started):
    numbers = [int(await started(chat("a"))) for _ in range(2)]
    structured = json.dumps(
        {
            "specversion": "1.0",
            "id": "1",
            "source": "/ci",
            "type": "job.succeeded",
            "data": {"jobId": numbers[0]},
        }
    ).encode()
    binary = json.dumps({"jobId": numbers[1]}).encode()
    requests = [
        (structured, "1", {"Content-Type": "application/cloudevents+json"}),
        (binary, "2", {"Content-Type": "application/json", "ce-type": "job.succeeded", "ce-id": "2"}),
    ]
    for body, webhook_id, headers in requests:
        async with bot.post(PATH, data=body, headers={**signed(body, webhook_id), **headers}) as answer:
            assert answer.status == 202


@pytest.mark.parametrize(
    "body, headers, status",
    [
        (b"{}", {"Content-Type": "text/plain"}, 415),
        (b"{", {"Content-Type": "application/json"}, 400),
        (b"[]", {"Content-Type": "application/json"}, 422),
        (b'{"type": "job.failed"}', {"Content-Type": "application/json"}, 422),
        (b" " * 70_000, {"Content-Type": "application/json"}, 413),
        (b"[" * 100 + b"]" * 100, {"Content-Type": "application/json"}, 400),
    ],
)
async def test_other_bodies_are_refused(bot, body, headers, status):
    async with bot.post(PATH, data=body, headers={**signed(body), **headers}) as answer:
        assert answer.status == status
        assert answer.content_type == "application/problem+json"


async def test_the_recipe_of_the_documents_reports_a_job(bot, chat, started, capsys):
    a = chat("a")
    number = await started(a)
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    (code,) = [block for block in blocks if "webhook-signature" in block]
    code = code.replace("whsec_…", SECRET).replace("1795294574004123", number)
    code = code.replace("http://localhost:3978", str(bot.make_url("")).rstrip("/"))
    await asyncio.to_thread(exec, code, {})
    assert json.loads(capsys.readouterr().out)["state"] == "succeeded"
    assert (await a.heard()).text == f"Job {number} is complete.\n\nall green"
