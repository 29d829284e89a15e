"""Replicas behind a pooler; one of them is killed under load."""

import asyncio
import random

import pytest

from tests.fakes.fake_connector import FakeConnector
from tests.fakes.pooler import new_pooled_schema
from tests.fakes.seed import seed_jobs
from tests.faults.kills import told
from tests.faults.ledger import reconcile
from tests.faults.load import send_events
from tests.faults.replicas import Replicas

pytestmark = pytest.mark.slow


async def test_a_killed_replica_loses_nothing_behind_a_pooler():
    database = new_pooled_schema()
    names = [f"conversation-{number}" for number in range(30)]
    async with FakeConnector(patience=60) as connector:
        url = connector.service_url
        jobs = await seed_jobs(database, names, 20, service_url=url)
        mixed = [job for together in zip(*jobs.values(), strict=True) for job in together]
        settings = {"DATABASE_URL": database, "LEASE_SECONDS": "4", "SEND_TIMEOUT_SECONDS": "3"}
        settings |= {"CONNECT_TIMEOUT_SECONDS": "2", "MAX_TURNS_PER_CONVERSATION": "1000"}
        async with Replicas(2, rng=random.Random(1), **settings) as replicas:
            sending = asyncio.create_task(send_events(replicas, url, mixed, rate=100))
            await asyncio.sleep(2)
            await replicas.kill()
            await sending
            await told(connector, set(mixed))
            assert set(replicas.statuses) <= {200, 0}
        reckoning = reconcile(dict(jobs), connector.arrivals)
    assert (reckoning.completions, reckoning.lost) == (600, 0)
