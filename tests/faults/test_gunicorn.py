"""Several processes on one host, replaced one after the other under load."""

import asyncio
import os
import random
import sys

import pytest

from tests.fakes.bot_process import BotProcess, install
from tests.fakes.fake_connector import FakeConnector
from tests.fakes.schemas import new_schema
from tests.fakes.seed import seed_jobs
from tests.faults.gunicorn import COMMAND, Gunicorn
from tests.faults.kills import told
from tests.faults.ledger import reconcile
from tests.faults.load import send_events
from version import VERSION

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
async def test_a_rolling_restart_loses_and_repeats_nothing(tmp_path, engine):
    database = f"sqlite:///{tmp_path / 'jobs.sqlite3'}" if engine == "sqlite" else new_schema()
    names = [f"conversation-{number}" for number in range(50)]
    async with FakeConnector(patience=60) as connector:
        url = connector.service_url
        jobs = await seed_jobs(database, names, 24, service_url=url)
        mixed = [job for together in zip(*jobs.values(), strict=True) for job in together]
        settings = {"DATABASE_URL": database, "MAX_TURNS_PER_CONVERSATION": "1000"}
        async with Gunicorn(2, rng=random.Random(1), **settings) as replicas:
            sending = asyncio.create_task(send_events(replicas, url, mixed, rate=100))
            for _ in range(2):
                await asyncio.sleep(3)
                await replicas.restart()
            await sending
            await told(connector, set(mixed))
            assert replicas.boots == 6
            print(replicas.statuses)
            assert set(replicas.statuses) <= {200, 0}, "a connection that was being closed, at worst"
        reckoning = reconcile(dict(jobs), connector.arrivals)
    assert (reckoning.completions, reckoning.lost, reckoning.repeated) == (1200, 0, 0)


async def test_what_is_no_request_is_answered_as_without_gunicorn(tmp_path):
    database = f"sqlite:///{tmp_path / 'jobs.sqlite3'}"
    async with Gunicorn(1, rng=random.Random(1), DATABASE_URL=database) as replicas:
        reader, writer = await asyncio.open_connection("127.0.0.1", replicas.port)
        writer.write(b"SECRET\r\n\r\n")
        answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()
    assert b"application/problem+json" in answer
    assert b"Server: proactive-bot" in answer
    assert b"SECRET" not in answer


async def test_each_process_says_when_it_is_up(tmp_path):
    database = f"sqlite:///{tmp_path / 'jobs.sqlite3'}"
    async with Gunicorn(2, rng=random.Random(1), DATABASE_URL=database, LOG_LEVEL="INFO") as replicas:
        await replicas.up(2)
    up = [line for line in replicas.printed if f"The proactive bot {VERSION} is up." in line]
    assert len(up) == 2
    assert f"Jobs are kept in {database}. Authentication is off." in up[0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"PORT": "abc", "RETRY_BASE_SECONDS": "0"},
        {"DATABASE_URL": "mysql://bot:hunter2@host/jobs"},
        {"DATABASE_URL": "sqlite:////no/such/folder/jobs.sqlite3"},
        {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nowhere?sslmode=perhaps"},
    ],
)
async def test_what_keeps_it_from_starting_is_said_as_without_gunicorn_and_it_ends(tmp_path, wrong):
    """
    No trace, and no worker after worker for ever.

    One worker: where two give up within the same instant gunicorn 27 ends too, but trips over the second.
    """
    async with BotProcess(install(tmp_path), **wrong) as bot:
        assert await bot.exit_code() == 1
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *COMMAND, "--workers", "1", "--bind", "127.0.0.1:0"),
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], **wrong},
        stdin=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        _, printed = await process.communicate()
    assert process.returncode == 3, printed.decode()
    said = [line for line in printed.decode().splitlines() if not line.startswith("[")]  # Not gunicorn's log.
    assert said == bot.stderr.splitlines()


async def test_any_process_answers_for_all_of_them_about_metrics(tmp_path):
    """
    Counters are added up, also those of processes that were replaced; what waits in the outbox is not.

    Nothing has to be set for that: gunicorn reads `gunicorn.conf.py` where it starts.
    """
    database = f"sqlite:///{tmp_path / 'jobs.sqlite3'}"
    async with FakeConnector() as connector:
        jobs = await seed_jobs(database, ["a"], 40, service_url=connector.service_url)
        async with Gunicorn(2, rng=random.Random(1), DATABASE_URL=database) as replicas:
            await send_events(replicas, connector.service_url, jobs["a"][:20], rate=200)
            await replicas.restart()
            await send_events(replicas, connector.service_url, jobs["a"][20:], rate=200)
            await told(connector, set(jobs["a"]))
            texts = [await replicas.metrics() for _ in range(20)]
    for text in texts:
        assert 'proactive_bot_turns_total{outcome="ok",type="event"} 40.0' in text
        assert text.count("proactive_bot_dead_letters{") == 2
        assert 'pid="' not in text
    [last_rounds] = {text.count('task="renew leases"') for text in texts}
    assert last_rounds == 1


async def test_the_folder_that_processes_share_is_removed_at_the_end(tmp_path):
    database = f"sqlite:///{tmp_path / 'jobs.sqlite3'}"
    async with Gunicorn(1, rng=random.Random(1), DATABASE_URL=database, TMPDIR=str(tmp_path)):
        assert len([*tmp_path.glob("proactive-bot-metrics-*/*.db")]) > 0
    assert [*tmp_path.glob("proactive-bot-metrics-*")] == []
