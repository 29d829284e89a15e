"""What operators do: each act has its effect, and stands in the audit under their name."""

import re
from datetime import timedelta

import pytest
from aiohttp.test_utils import TestClient
from pydantic import AnyHttpUrl, SecretStr

from app import BOT, build_app
from delivery.operating.letter_rounds import PACE, LetterRounds
from jobs.changes import FinishJob, StartJob
from jobs.lane import lane_key
from jobs.transitions import ReportKind
from tests.fakes.bot_server import BotServer
from tests.fakes.fake_connector import Answer
from tests.fakes.signing import SECRET
from tests.integration.board.conftest import ACTS, SEES

API = "/api/operators"


@pytest.fixture
def config(config):
    return config.model_copy(
        update={
            "job_webhook_url": AnyHttpUrl("http://127.0.0.1:9/hook"),
            "job_webhook_secret": (SecretStr(SECRET),),
        }
    )


@pytest.fixture
def store(bot):
    return bot.app[BOT].store


@pytest.fixture
def ask(bot):
    """Asks the API as a person with *secret*."""

    async def ask(method, path, *, secret=ACTS, status=200, name="Ann by jobctl", **body):
        headers = {"Authorization": f"Bearer {secret}", "Operator-Name": name}
        given = {"json": body} if method == "POST" else {"params": body}
        async with bot.request(method, f"{API}/{path}", headers=headers, **given) as answer:
            assert answer.status == status, await answer.text()
            return await answer.json()

    return ask


async def entries(operator):
    """Return the acts in the audit, the newest first: who, act, target, how many."""
    rows = re.findall(r"<tr><td><time.*?</tr>", await operator.get("/board/audit"))
    cells = [re.sub(r"<[^>]+>", "\t", row).split("\t") for row in rows]
    kept = [[cell for cell in row if cell.strip()] for row in cells]
    return [(row[1], row[3], row[4], row[5]) for row in kept]


async def give_up(store, count, lane="gone", *, reason="Rejected (404 NotFound): gone"):
    """Make *count* dead letters; return their jobs."""
    key = lane_key("test", lane)
    blank = {
        "tenant": key,
        "title": None,
        "requested_by": None,
        "source_activity": None,
        "reference": '{"serviceUrl":"https://channel.example/"}',
    }
    starts = [StartJob(lane=key, **blank) for _ in range(count)]
    jobs = await store.commit(starts)
    await store.commit([FinishJob(job_id=job.id, source=None, token=None) for job in jobs])
    (claim,) = await store.claim(1)
    assert claim.lane == key
    while claim is not None:
        claim = await store.dead(claim, claim.notices[-1].seq, status=404, error=reason)
    return [job.id for job in jobs]


@pytest.fixture
async def stopped(bot):
    """The worker claims nothing, so that tests may."""
    bot.app[BOT].delivery.worker.stop_claiming()


async def test_a_job_is_cancelled_under_the_operators_name(operator, bot, chat, started):
    job = await started(chat("a"))
    assert await operator.submit(f"/board/jobs/{job}/cancel") == f"/board/jobs/{job}?did=cancel"
    page = await operator.get(f"/board/jobs/{job}")
    assert "Ann asked that it be cancelled" in page
    assert "Ann acted on the board or by jobctl: cancel." in page
    assert await entries(operator) == [("Ann", "cancel", f"job {job}", "1")]


async def test_a_dead_letter_is_requeued_and_told(operator, bot, chat, started, connector, store):
    job = int(await started(chat("a")))
    connector.script("a", Answer.error(400, "BadArgument"))
    await bot.app[BOT].jobs.report(job, ReportKind.SUCCEEDED, source=None)
    await connector.until(lambda _: len(connector.in_conversation("a")) == 2, "the attempt")
    await bot.app[BOT].delivery.worker.idle()
    page = await operator.get(f"/board/jobs/{job}")
    assert "it was given up at" in page and "Requeue its dead letter" in page
    assert (await operator.submit(f"/board/jobs/{job}/requeue")).endswith("did=requeue")
    bot.app[BOT].delivery.worker.look()
    await connector.until(lambda _: len(connector.in_conversation("a")) == 3, "the notice")
    await bot.app[BOT].delivery.worker.idle()
    assert "People were told" in await operator.get(f"/board/jobs/{job}")
    assert (await operator.submit(f"/board/jobs/{job}/requeue")).endswith("did=none")
    assert await entries(operator) == [("Ann", "requeue", f"job {job}", "1")]


async def test_a_queue_that_waits_is_tried_now(operator, bot, chat, started, connector):
    job = int(await started(chat("a")))
    connector.script("a", Answer.error(503, "Busy", Retry_After="3600"))
    await bot.app[BOT].jobs.report(job, ReportKind.SUCCEEDED, source=None)
    await connector.until(lambda _: len(connector.in_conversation("a")) == 2, "the attempt")
    await bot.app[BOT].delivery.worker.idle()
    (lane,) = re.findall(r'name="lane" value="([^":]+/a)"', await operator.get("/board/waiting"))
    assert (await operator.submit("/board/queues/try", lane=lane)).endswith("did=try")
    await connector.until(lambda _: len(connector.in_conversation("a")) == 3, "the notice")
    await bot.app[BOT].delivery.worker.idle()
    page = await operator.get(f"/board/jobs/{job}")
    assert "after one attempt that failed" in page
    assert (await entries(operator))[0][:3] == ("Ann", "try now", lane)


@pytest.mark.usefixtures("stopped")
async def test_all_that_fit_are_counted_first_and_then_done_at_a_pace(operator, store):
    fit = await give_up(store, PACE + 3)
    await give_up(store, 2, "else", reason="Blocked (403): no")
    page = await operator.get("/board/dead/confirm?act=requeue&q=reason:NotFound")
    assert f"{len(fit)} dead letters fit" in page
    assert len(await store.dead_letters(limit=99)) == len(fit) + 2
    await operator.submit("/board/runs", act="requeue", q="reason:NotFound")
    rounds = LetterRounds(store, look=lambda: None, every=timedelta())
    await rounds.round()
    assert len(await store.dead_letters(limit=99)) == 3 + 2
    page = await operator.get("/board/runs")
    assert "running" in page and f'<td class="number">{PACE}</td>' in page
    while (await store.operators.letter_runs.runs(limit=1))[0].state.value == "running":
        await rounds.round()
    (run,) = await store.operators.letter_runs.runs(limit=9)
    assert (run.changed, run.who) == (len(fit), "Ann")
    assert [letter.error for letter in await store.dead_letters(limit=99)] == ["Blocked (403): no"] * 2
    assert await entries(operator) == [("Ann", "requeue", "all dead letters reason:NotFound", str(len(fit)))]


@pytest.mark.usefixtures("stopped")
async def test_letters_that_die_after_the_start_are_left_alone(store, ask):
    await give_up(store, 2)
    await ask("POST", "runs", status=202, act="purge")
    (later,) = await give_up(store, 1, "later")
    rounds = LetterRounds(store, look=lambda: None, every=timedelta())
    for _ in range(3):
        await rounds.round()
    assert [letter.job_id for letter in await store.dead_letters(limit=9)] == [later]


@pytest.mark.usefixtures("stopped")
async def test_a_run_is_stopped_and_goes_on(operator, store, ask):
    await give_up(store, PACE + 1)
    run = (await ask("POST", "runs", status=202, act="purge"))["run"]
    rounds = LetterRounds(store, look=lambda: None, every=timedelta())
    await rounds.round()
    assert await operator.submit(f"/board/runs/{run}/stop") == "/board/runs?did=stop"
    await rounds.round()
    assert len(await store.dead_letters(limit=99)) == 1
    assert (await ask("POST", f"runs/{run}/continue")) == {"changed": True}
    assert (await ask("POST", f"runs/{run}/continue")) == {"changed": False}
    await rounds.round()
    assert await store.dead_letters(limit=99) == []
    assert [act for _, act, *_ in await entries(operator)] == ["go on", "go on", "stop", "purge"]


@pytest.mark.usefixtures("stopped")
async def test_a_filter_that_is_not_understood_reaches_nothing(operator, store):
    await give_up(store, 1)
    answer, _ = await operator.ask("GET", "/board/dead/confirm?act=purge&q=reasn:x")
    assert answer.status == 422
    form = {"token": await operator.token(), "act": "purge", "q": "reasn:x"}
    answer, _ = await operator.ask("POST", "/board/runs", form)
    assert answer.status == 422
    assert await store.operators.letter_runs.runs(limit=9) == []


async def test_programs_see_what_the_board_shows(ask, chat, started, bot):
    job = int(await started(chat("a")))
    said = await ask("GET", f"jobs/{job}", secret=SEES)
    assert said["answer"].startswith("Nobody is to be told yet: the job")
    assert (await ask("GET", "jobs", q="state:open", secret=SEES))["jobs"][0]["jobId"] == job
    for path in ("queues", "muted", "webhooks", "runs", "audit"):
        assert await ask("GET", path, secret=SEES)
    assert (await ask("GET", "webhooks"))["systems"][0]["host"] == "127.0.0.1"
    await ask("GET", "jobs/7", status=404)
    await ask("GET", "jobs", q="bogus:1", status=422)
    await ask("POST", f"jobs/{job}/cancel", status=202)
    (entry,) = (await ask("GET", "audit"))["entries"]
    assert (entry["who"], entry["way"], entry["act"]) == ("Ann by jobctl", "secret", "cancel")


async def test_without_operators_secrets_the_apis_tokens_act_and_the_audit_says_so(config):
    token = "a-token-of-the-api-that-nobody-guesses"  # noqa: S105
    alone = config.model_copy(
        update={
            "operator_secrets": (),
            "viewer_secrets": (),
            "job_api_tokens": (SecretStr(token),),
            "allow_anonymous": True,
        }
    )
    async with TestClient(BotServer(build_app(alone))) as client:
        async with client.post("/api/dead-letters/purge", json={}) as answer:
            assert answer.status == 401
        headers = {"Authorization": f"Bearer {token}"}
        async with client.post(f"{API}/runs", json={"act": "requeue"}, headers=headers) as answer:
            assert answer.status == 202
        async with client.get(f"{API}/audit", headers=headers) as answer:
            (entry,) = (await answer.json())["entries"]
        assert (entry["who"], entry["way"]) == ("JOB_API_TOKENS", "JOB_API_TOKENS")
