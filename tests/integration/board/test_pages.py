"""What the pages say, and that they say it without running what people wrote."""

import re
from datetime import timedelta

import pytest
from aiohttp.test_utils import TestClient
from pydantic import AnyHttpUrl, SecretStr

from app import BOT, build_app
from instants import utc_now
from jobs.changes import StartJob
from jobs.lane import lane_key
from jobs.listing import JobsAsked
from tests.fakes.bot_server import BotServer
from tests.fakes.fake_connector import Answer
from tests.fakes.signing import SECRET
from tests.integration.board.conftest import Browser

HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}'</title>"
PAGES = ["", "/jobs", "/waiting", "/parked", "/muted", "/dead", "/webhooks", "/runs", "/audit"]


@pytest.fixture
def config(config):
    """The board shows texts, and there is a job system."""
    return config.model_copy(
        update={
            "board_shows_texts": True,
            "job_webhook_url": AnyHttpUrl("http://127.0.0.1:9/hook"),
            "job_webhook_secret": (SecretStr(SECRET),),
        }
    )


@pytest.fixture
def ended(bot, chat, connector):
    """Starts a job in a conversation and reports its end; returns its number."""

    async def ended(name, *, title="nightly", refusals=(), **report):
        conversation = chat(name)
        await conversation.say(f"run {title}")
        jobs = bot.app[BOT].jobs
        (job,) = (await jobs.list(JobsAsked(size=1))).jobs
        for refusal in refusals:
            connector.script(name, refusal)
        token = bot.app[BOT].job_systems.tokens.token(job.id)
        url = f"/api/jobs/{job.id}/report/succeeded"
        async with bot.post(url, json=report, headers={"Authorization": f"Bearer {token}"}) as answer:
            assert answer.status == 202
        return job.id

    return ended


async def settled(bot):
    await bot.app[BOT].delivery.worker.idle()


async def test_hostile_texts_are_shown_and_do_nothing(operator, bot, ended):
    job = await ended(
        "a", title=HOSTILE, message=HOSTILE, logTail=HOSTILE, link="https://x.example/?<script>"
    )
    await settled(bot)
    for path in ("/jobs", f"/jobs/{job}", "/jobs?q=" + HOSTILE.replace(" ", "+"), "/dead?q=<script>"):
        page = await operator.get(f"/board{path}")
        assert "alert(1)" not in re.sub(r"&lt;script&gt;alert\(1\)", "", page)
        assert not re.search(r"<(script|img)(?! src=\"/board/static)", page), path
        assert ">49" not in page


async def test_a_hostile_name_and_a_hostile_reason_are_only_text(browser, bot, ended, operator):
    eve = browser()
    await eve.sign_in("an-operators-secret-that-nobody-guesses", HOSTILE)
    job = await ended("a", refusals=[Answer.error(400, HOSTILE)])
    await settled(bot)
    await eve.submit(f"/board/jobs/{job}/requeue")
    for path in ("/audit", "/dead", f"/jobs/{job}"):
        page = await operator.get(f"/board{path}")
        assert "<script>alert" not in page and "<img" not in page


async def test_texts_are_hidden_unless_they_are_allowed(config, chat, bot, ended):
    job = await ended("a", title="a secret title", message="a secret message", logTail="a secret log")
    hides = config.model_copy(update={"board_shows_texts": None})
    async with TestClient(BotServer(build_app(hides))) as client:
        person = Browser(client)
        await person.sign_in("an-operators-secret-that-nobody-guesses")
        for path in (f"/jobs/{job}", "/jobs", "/jobs?q=title:secret", "/dead", "/waiting"):
            assert "a secret" not in await person.get(f"/board{path}")
        assert "titles are hidden here" in await person.get("/board/jobs?q=title:secret")
        headers = {"Authorization": "Bearer an-operators-secret-that-nobody-guesses"}
        for path in (f"jobs/{job}", "jobs"):
            async with client.get(f"/api/operators/{path}", headers=headers) as answer:
                assert answer.status == 200 and "a secret" not in await answer.text()


async def test_jobs_are_found_by_the_search_in_the_url(operator, bot, ended, chat, started):
    job = await ended("a")
    running = await started(chat("b"))
    await settled(bot)
    page = await operator.get("/board/jobs?q=state:succeeded+told:yes+since:1h")
    assert str(job) in page and running not in page
    page = await operator.get("/board/jobs?q=title:night*+asker:nobody-has-this-name")
    assert "No jobs fit" in page
    page = await operator.get("/board/jobs?q=state:bogus")
    assert 'role="alert"' in page and running in page


async def test_pages_of_jobs_follow_each_other(operator, bot):
    await bot.app[BOT].store.commit([_start(number) for number in range(120)])
    seen, path = [], "/board/jobs"
    while path:
        page = await operator.get(path)
        seen += re.findall(r'data-key="(\d+)"', page)
        following = re.search(r'<a href="([^"]+)" rel="next"', page)
        path = following and following[1].replace("&amp;", "&")
    assert len(seen) == len(set(seen)) == 120
    assert seen == sorted(seen, reverse=True)


async def test_the_history_says_each_attempt_and_when_the_next_is(operator, bot, ended, connector):
    job = await ended("a", refusals=[Answer.error(503, "Busy", Retry_After="3600")])
    await connector.until(lambda _: len(connector.in_conversation("a")) >= 2, "the attempt")
    await bot.app[BOT].delivery.worker.idle()
    page = await operator.get(f"/board/jobs/{job}")
    assert "One attempt failed, the last with" in page
    assert "The next attempt is at" in page
    assert "Unavailable (503 Busy); the answer asked to wait 1 h" in page
    soon = utc_now() + timedelta(minutes=59)
    assert f"{soon:%Y-%m-%d %H}" in page


async def test_what_was_told_at_once_says_so(operator, bot, ended):
    job = await ended("a")
    await settled(bot)
    assert "People were told" in await operator.get(f"/board/jobs/{job}")


async def test_a_problem_is_a_page_for_people_and_json_for_programs(operator):
    for accept, kind in (("text/html,*/*;q=0.8", "text/html"), ("*/*", "application/problem+json")):
        answer, text = await operator.ask("GET", "/board/jobs/5", Accept=accept)
        assert (answer.status, answer.content_type) == (404, kind)
        assert "There is no job 5" in text


async def test_a_page_says_that_the_job_log_is_not_available(operator, bot):
    """An operator looks at the board when something is broken."""
    await bot.app[BOT].store._readers.close()
    answer, text = await operator.ask("GET", "/board", Accept="text/html")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert "The job log is not available" in text


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_is_whole_without_a_script(operator, path):
    page = await operator.get(f"/board{path}")
    assert page.count("<h1>") == 1
    assert '<html lang="en">' in page and 'href="#main"' in page
    assert "<noscript" not in page and " style=" not in page and " onclick=" not in page


def _start(number):
    return StartJob(
        lane=lane_key("test", f"many-{number}"),
        tenant="t",
        title=None,
        requested_by=None,
        reference="{}",
        source_activity=None,
    )
