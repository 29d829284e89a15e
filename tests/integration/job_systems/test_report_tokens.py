"""Reports by one line of shell: a token for one job, the kinds, what a body may be, and repeats."""

import pytest


@pytest.fixture
async def number(chat, started) -> int:
    return int(await started(chat("a")))


@pytest.fixture
async def token(system, number) -> str:
    return (await system.event("job.created")).data["report"]["token"]


KINDS = {
    "started": "running",
    "progress": "running",
    "heartbeat": "running",
    "succeeded": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
    "exit/0": "succeeded",
    "exit/137": "failed",
}


@pytest.mark.parametrize("kind", KINDS)
async def test_each_kind_may_be_sent_again(report, number, token, kind):
    for _ in range(2):
        status, receipt = await report(number, kind, token=token)
        assert (status, receipt["jobId"], receipt["state"]) == (202, number, KINDS[kind])


async def test_an_end_is_told_once_and_no_other_follows(report, number, token, connector):
    for _ in range(3):
        await report(number, "exit/1", "line 1\nline 2", token=token)
    status, problem = await report(number, "succeeded", token=token)
    assert (status, problem["detail"]) == (409, f"Job {number} had failed before; nothing was changed.")
    told = await connector.next_in("a")
    assert told.text == f"Job {number} failed.\n\nExit code 1.\n\n```\nline 1\nline 2\n```"
    assert len(connector.in_conversation("a")) == 2


@pytest.mark.parametrize(
    "given, said",
    [
        ({"body": '{"message": "half"}', "headers": {"Content-Type": "application/json"}}, "half"),
        ({"message": "half", "progress": "0.5"}, "half"),
    ],
)
async def test_details_come_as_json_or_in_the_query(report, number, token, bot, given, said):
    assert (await report(number, "progress", token=token, **given))[0] == 202
    async with bot.get(f"/api/jobs/{number}") as answer:
        assert (await answer.json())["report"]["message"] == said


async def test_only_the_end_of_a_long_log_is_kept(report, number, token, bot):
    await report(number, "failed", "x" * 100_000 + "the end", token=token)
    async with bot.get(f"/api/jobs/{number}") as answer:
        tail = (await answer.json())["report"]["logTail"]
    assert (len(tail), tail[-8:]) == (8_000, "xthe end")


@pytest.mark.parametrize(
    "kind, given, status",
    [
        ("exploded", {}, 404),
        ("exit/x", {}, 422),
        ("progress", {"progress": "2"}, 422),
        ("failed", {"body": "{", "headers": {"Content-Type": "application/json"}}, 400),
        ("failed", {"body": '{"progress": 7}', "headers": {"Content-Type": "application/json"}}, 422),
    ],
)
async def test_what_is_not_understood_changes_nothing(report, number, token, bot, kind, given, status):
    assert (await report(number, kind, token=token, **given))[0] == status
    async with bot.get(f"/api/jobs/{number}") as answer:
        assert (await answer.json())["state"] == "queued"


async def test_a_token_is_good_for_its_job_alone(report, number, token, chat, started):
    other = int(await started(chat("b")))
    for wrong in (token[:-1], token + "x", "jobtoken_", "x"):
        assert (await report(number, "succeeded", token=wrong))[0] == 401
    assert (await report(other, "succeeded", token=token))[0] == 401
    assert (await report(number, "succeeded", headers={"Authorization": f"Basic {token}"}))[0] == 401
    assert (await report(number, "succeeded", token=token))[0] == 202


async def test_without_a_token_only_this_machine_may_report(report, number):
    assert (await report(number, "heartbeat", headers={"Origin": "http://evil.example"}))[0] == 403
    assert (await report(number, "heartbeat"))[0] == 202
