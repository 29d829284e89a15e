"""Old jobs are deleted on the host, and by the running bot beside its turns."""

import asyncio
from datetime import timedelta

from aiohttp.test_utils import TestClient

from app import BOT, build_app
from compose import Surroundings
from jobs.changes import SetPreferences
from state.store.opening import open_store
from tests.contract.asking import A, claim_one, owe
from tests.contract.databases import LEASE
from tests.fakes.bot_server import BotServer
from tests.fakes.fake_clock import FakeClock


async def two_years_ago(url):
    """A job whose person was told, and one that was given up on; return both numbers."""
    clock = FakeClock()
    clock.now -= timedelta(days=730)
    async with open_store(url, lease=LEASE, clock=clock) as store:
        told, given_up = await owe(store, 2)
        claim = await claim_one(store)
        claim = await store.sent(claim, claim.notices[0].seq)
        await store.dead(claim, claim.notices[0].seq, status=404, error="gone")
    return told, given_up


async def test_what_is_old_is_counted_and_then_deleted(url, operate):
    await two_years_ago(url)
    async with open_store(url, lease=LEASE) as store:
        young = (await owe(store, 1))[0]
    assert (await operate("retention"))[1][0] == "2 jobs and 1 dead letters are old; add --yes to delete them"
    assert await operate("retention", "--yes") == (0, ["2 jobs and 1 dead letters deleted"])
    assert (await operate("retention", "--yes"))[1] == ["0 jobs and 0 dead letters deleted"]
    async with open_store(url, lease=LEASE) as store:
        assert await store.find(young) is not None


async def test_forever_is_for_ever(url, operate, monkeypatch):
    await two_years_ago(url)
    monkeypatch.setenv("JOB_RETENTION_DAYS", "forever")
    monkeypatch.setenv("DEAD_LETTER_RETENTION_DAYS", "forever")
    assert (await operate("retention", "--yes"))[1] == ["0 jobs and 0 dead letters deleted"]


async def test_the_bot_deletes_what_is_old_and_says_so_in_metrics(config):
    numbers = await two_years_ago(config.database_url.get_secret_value())
    around = Surroundings(retention_every=timedelta(milliseconds=10))
    async with TestClient(BotServer(build_app(config, around=around))) as client:
        store = client.app[BOT].store
        async with asyncio.timeout(10):
            while any([await store.find(number) for number in numbers]):
                pass
        async with client.get("/metrics") as answer:
            text = await answer.text()
    assert 'proactive_bot_retired_total{kind="job"} 2.0' in text
    assert 'proactive_bot_retired_total{kind="dead_letter"} 1.0' in text


async def test_the_bot_takes_queues_away_in_which_nothing_is(config):
    around = Surroundings(retention_every=timedelta(milliseconds=10))
    async with TestClient(BotServer(build_app(config, around=around))) as client:
        store = client.app[BOT].store
        for wish in (True, None):
            await store.commit([SetPreferences(lane=A, changes={"onlyFailures": wish})])
        statements = store.operators.overviews._statements
        async with asyncio.timeout(10):
            while await statements.fetch("SELECT lane FROM lanes"):
                pass
