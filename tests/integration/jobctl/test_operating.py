"""`jobctl operate`: what the board shows and does, from a shell."""

import json

import pytest
from pydantic import SecretStr

from app import BOT
from jobs.transitions import ReportKind
from tests.fakes.fake_connector import Answer

ACTS, SEES = "an-operators-secret-that-nobody-guesses", "a-viewers-secret-that-nobody-guesses-either"


@pytest.fixture
def config(config):
    secrets = {"operator_secrets": (SecretStr(ACTS),), "viewer_secrets": (SecretStr(SEES),)}
    return config.model_copy(update=secrets)


@pytest.fixture
def operate(jobctl):
    """Runs `jobctl operate` with a secret and returns how it ended."""

    async def operate(*arguments, secret=ACTS, code=0):
        ended = await jobctl("operate", *arguments, JOBCTL_TOKEN=secret, USER="ann")
        assert ended.code == code, ended
        return ended

    return operate


@pytest.fixture
async def dead(bot, chat, started, connector):
    """A job whose notice the channel refuses for ever."""
    job = int(await started(chat("a")))
    connector.script("a", Answer.error(400, "BadArgument"))
    await bot.app[BOT].jobs.report(job, ReportKind.SUCCEEDED, source=None)
    await connector.until(lambda _: len(connector.in_conversation("a")) == 2, "the attempt")
    await bot.app[BOT].delivery.worker.idle()
    return job


async def test_it_says_why_somebody_was_not_told(operate, dead):
    said = (await operate("why", str(dead), secret=SEES)).out
    assert said.startswith("People will not be told: it was given up at")
    assert "People were not told: Rejected (400 BadArgument)." in said
    assert json.loads((await operate("why", str(dead), "--json")).out)["told"] == "dead"
    await operate("why", "7", code=1)


async def test_jobs_are_found_by_the_boards_search(operate, dead, chat, started):
    running = await started(chat("b"))
    assert (await operate("jobs", "told:dead")).out == f"{dead} succeeded dead\n"
    assert (await operate("jobs", "state:open")).out == f"{running} running\n"
    assert "write state, told" in (await operate("jobs", "bogus:1", code=1)).err


async def test_dead_letters_are_counted_and_then_redelivered(operate, dead, connector, bot):
    counted = (await operate("redeliver", "--reason", "badarg", code=0)).out
    assert counted.splitlines()[0] == "1 fit; add --yes to requeue them"
    done = (await operate("redeliver", "--reason", "badarg", "--yes", "--wait")).out.splitlines()
    assert done[0] == "run 1 requeue reason:badarg: running, 0 changed of 0 looked at"
    assert done[-1] == "run 1 requeue reason:badarg: done, 1 changed of 1 looked at"
    await connector.until(lambda _: len(connector.in_conversation("a")) == 3, "the notice")
    entry = (await operate("audit")).out
    assert "ann by jobctl (secret) requeue 1 all dead letters reason:badarg" in entry
    assert (await operate("runs")).out.startswith("run 1 requeue")
    await operate("stop", "1", code=1)
    await operate("redeliver", code=1)  # There are none.


async def test_a_queue_is_tried_now(operate, bot, chat, started, connector):
    job = int(await started(chat("a")))
    connector.script("a", Answer.error(503, "Busy", Retry_After="3600"))
    await bot.app[BOT].jobs.report(job, ReportKind.SUCCEEDED, source=None)
    await connector.until(lambda _: len(connector.in_conversation("a")) == 2, "the attempt")
    await bot.app[BOT].delivery.worker.idle()
    queue = json.loads((await operate("waiting", "--json")).out)["queue"]
    assert "Unavailable (503 Busy)" in (await operate("waiting")).out
    assert (await operate("try", queue)).out == "tried now\n"
    await connector.until(lambda _: len(connector.in_conversation("a")) == 3, "the notice")


async def test_a_viewer_sees_and_does_not_act(operate, chat, started):
    job = await started(chat("a"))
    for listing in ("waiting", "muted", "webhooks", "runs", "audit", "jobs"):
        await operate(listing, secret=SEES)
    assert "Viewers may not act" in (await operate("cancel", job, secret=SEES, code=1)).err
    assert (await operate("cancel", job)).out == "asked\n"


async def test_a_stranger_sees_nothing(operate):
    assert "OPERATOR_SECRETS" in (await operate("jobs", secret="x" * 32, code=1)).err
