"""Jobs over HTTP: create, find, wait, list, cancel; and who may."""

import asyncio

import pytest
from pydantic import SecretStr

from tests.fakes.listings import numbers_in

PATH = "/api/jobs"
TOKEN = "a-token-of-the-api-that-nobody-guesses"  # noqa: S105


@pytest.fixture
def create(bot):
    async def create(status: int = 201, **said):
        async with bot.post(PATH, json=said) as answer:
            assert answer.status == status, await answer.text()
            return await answer.json(content_type=None)

    return create


@pytest.fixture
def find(bot):
    async def find(number, **headers):
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        async with bot.get(f"{PATH}/{number}", headers=given) as answer:
            return answer, await answer.json() if answer.status == 200 else None

    return find


async def test_a_job_that_no_chat_started_is_created_once_and_reported(bot, create, report, find, system):
    job = await create(title="  nightly\nreport ", externalId="build 7", labels={"team": "data"})
    assert (job["title"], job["externalId"], job["labels"]) == ("nightly report", "build 7", {"team": "data"})
    assert (job["state"], job["notices"]) == ("queued", [])
    again = await create(200, title="another", externalId="build 7")
    assert again == job
    status, receipt = await report(job["jobId"], "succeeded", "log", token=job["reportTo"]["token"])
    assert (status, receipt["state"], receipt["notices"]) == (202, "succeeded", [])
    _, found = await find(job["jobId"])
    assert (found["state"], found["report"]["logTail"]) == ("succeeded", "log")
    assert found["finishedAt"] >= found["createdAt"]
    assert system.arrived == []  # Who created it knows of it.


async def test_jobs_without_an_id_of_their_own_are_all_new(create):
    assert (await create())["jobId"] < (await create())["jobId"]


async def test_a_job_is_found_in_the_chat_too(create, chat):
    number = (await create(title="from outside"))["jobId"]
    assert "from outside" in await chat("a").say(f"show {number}")
    assert numbers_in(await chat("a").say("show all"), [str(number)]) == [str(number)]


@pytest.mark.parametrize(
    "said, places",
    [
        ({"titel": "x"}, {"/titel"}),
        ({"title": 7, "labels": {"a/b": 1}}, {"/title", "/labels/a~1b"}),
        ({"externalId": ""}, {"/externalId"}),
        ({"externalId": "a\0b"}, {"/externalId"}),
        ({"title": "x" * 201}, {"/title"}),
    ],
)
async def test_every_fault_is_named_by_its_place(create, said, places):
    problem = await create(422, **said)
    assert {each["pointer"] for each in problem["errors"]} == places


async def test_who_waits_hears_of_the_end_at_once(create, find, report):
    number = (await create())["jobId"]
    answer, job = await find(number, Prefer="wait=0")
    assert (job["state"], answer.headers["Retry-After"]) == ("queued", "5")
    waiting = asyncio.create_task(find(number, Prefer="wait=30"))
    await report(number, "progress", progress="0.5")
    await report(number, "failed", "why")
    answer, job = await asyncio.wait_for(waiting, 10)
    assert (job["state"], answer.headers["Preference-Applied"]) == ("failed", "wait=30")
    assert "Retry-After" not in answer.headers


async def test_who_knows_a_state_hears_of_the_next_one(create, find, report):
    number = (await create())["jobId"]
    answer, _ = await find(number)
    tag = answer.headers["ETag"]
    answer, _ = await find(number, If_None_Match=tag)
    assert (answer.status, answer.headers["ETag"]) == (304, tag)
    waiting = asyncio.create_task(find(number, If_None_Match=tag, Prefer="respond-async, wait=30"))
    await report(number, "progress", progress="0.5")
    answer, job = await asyncio.wait_for(waiting, 10)
    assert job["report"]["progress"] == 0.5


async def test_jobs_are_listed_by_state_title_and_time(bot, create, report, clock):
    jobs = [(await create(title=title))["jobId"] for title in ("build 1", "build 2", "100%", "nightly")]
    await report(jobs[0], "succeeded")
    await report(jobs[2], "started")

    async def listed(**query):
        async with bot.get(PATH, params=query) as answer:
            assert answer.status == 200
            return [job["jobId"] for job in (await answer.json())["jobs"]]

    assert await listed() == jobs[::-1]
    assert await listed(state="queued,running") == jobs[:0:-1]
    assert await listed(state="running") == [jobs[2]]
    assert await listed(state="succeeded,failed") == [jobs[0]]
    assert await listed(title="BUILD*") == [jobs[1], jobs[0]]
    assert await listed(title="build ?", state="queued") == [jobs[1]]
    assert await listed(title="1*%") == [jobs[2]]
    assert await listed(title="%") == []
    assert await listed(since="2020-01-01T00:00:00Z") == jobs[::-1]
    assert await listed(since="2120-01-01T00:00:00Z") == []


async def test_a_list_goes_on_where_it_ended(bot, create):
    jobs = [(await create(title="x"))["jobId"] for _ in range(5)]
    seen, url = [], f"{PATH}?title=x&limit=2"
    while url:
        async with bot.get(url) as answer:
            page = await answer.json()
            assert answer.headers.get("Link") == (f'<{page["next"]}>; rel="next"' if "next" in page else None)
        seen += [job["jobId"] for job in page["jobs"]]
        url = page.get("next")
    assert seen == jobs[::-1]


@pytest.mark.parametrize(
    "query",
    ["state=done", "limit=0", "limit=1000", "since=yesterday", "since=2026-01-01", "after=x", "tilte=x"],
)
async def test_an_odd_question_is_refused(bot, query):
    async with bot.get(f"{PATH}?{query}") as answer:
        assert (answer.status, answer.content_type) == (422, "application/problem+json")


async def test_a_pattern_is_read_as_a_title_is(bot, create):
    job = (await create(title="a\0b"))["jobId"]
    async with bot.get(f"{PATH}?title=a%00b") as answer:
        assert [each["jobId"] for each in (await answer.json())["jobs"]] == [job]


async def test_what_is_not_there_is_not_found(bot, find):
    assert (await find(1))[0].status == 404
    assert (await find(10**30))[0].status == 404
    async with bot.post(f"{PATH}/1/cancel") as answer:
        assert answer.status == 404


async def test_a_web_page_reads_nothing(bot, find):
    for headers in ({"Origin": "http://evil.example"}, {"Host": "rebound.example"}):
        async with bot.get(PATH, headers=headers) as answer:
            assert answer.status == 403


class TestOpenToOtherMachines:
    @pytest.fixture
    def config(self, config):
        changed = {"allow_anonymous": True, "job_api_tokens": (SecretStr(TOKEN),)}
        return config.model_copy(update=changed)

    @pytest.mark.parametrize("token", [None, "x", TOKEN[:-1], TOKEN + "x", "é"])
    async def test_a_token_is_needed(self, bot, token):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        for ask in (bot.get(PATH, headers=headers), bot.post(PATH, json={}, headers=headers)):
            async with ask as answer:
                assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")

    async def test_whoever_has_one_is_let_in(self, bot, report):
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with bot.post(PATH, json={}, headers=headers) as answer:
            job = await answer.json()
            assert answer.status == 201
        assert (await report(job["jobId"], "succeeded", token=TOKEN))[0] == 202
        own = {"Authorization": f"Bearer {job['reportTo']['token']}"}
        async with bot.get(f"{PATH}/{job['jobId']}", headers=own) as answer:
            assert answer.status == 200
        async with bot.get(PATH, headers=own) as answer:  # A token for one job opens no others.
            assert answer.status == 401
