"""Several replicas on one database: races, locks, clocks."""

import asyncio
import random
from collections import Counter
from contextlib import AsyncExitStack, suppress

import asyncpg
import pytest

from instants import utc_now
from jobs.changes import FinishJob, ParkLane, ReportResult
from jobs.lane import lane_key
from state.errors import LeaseLost, StoreUnavailable
from state.store.once import SLOT
from state.store.postgres.database import Database
from state.store.postgres.starting import start_jobs
from state.store.postgres.store import PostgresStore
from state.store.postgres.times import Timekeeper, Times
from tests.contract.asking import A, B, claim_one, complete, owe, sent, start, start_job, total
from tests.contract.databases import LEASE


async def test_fifty_completions_over_two_replicas_complete_once(opened):
    async with opened() as one, opened() as other:
        job = await start(one)
        outcomes = await asyncio.gather(
            *(complete(store, job.id, f"{n}") for n in range(25) for store in (one, other))
        )
        assert Counter(outcome.result for outcome in outcomes) == {
            ReportResult.ACCEPTED: 1,
            ReportResult.ALREADY_FINISHED: 49,
        }


async def test_replicas_that_start_together_migrate_once(opened):
    async with opened() as one, opened() as two, opened() as three:
        jobs = await asyncio.gather(*(start(store) for store in (one, two, three)))
        assert len({job.id for job in jobs}) == 3


async def test_leases_go_by_the_servers_clock(store, url):
    """A replica whose own clock is wrong would take lanes that others hold."""
    await owe(store)
    earliest = utc_now() + LEASE
    claim = await claim_one(store)
    server = await asyncpg.connect(url)
    left = await server.fetchval(
        "SELECT due_at / 1e6 - extract(epoch FROM clock_timestamp()) FROM lanes WHERE lane = $1", A
    )
    await server.close()
    assert 0 < LEASE.total_seconds() - float(left) < 5
    assert earliest <= claim.leased_until <= utc_now() + LEASE


async def test_a_pool_of_one_serves_everybody(opened):
    async with opened(connections=1) as store:
        jobs = await asyncio.gather(*(start(store, lane_key("test", str(n))) for n in range(300)))
        claims = [
            outcome.claim
            for outcome in await asyncio.gather(*(complete(store, job.id, f"{job.id}") for job in jobs))
        ]
        asked = [store.find(job.id) for job in jobs]
        settled, found = await asyncio.gather(
            asyncio.gather(*(sent(store, claim, 1) for claim in claims)), asyncio.gather(*asked)
        )
        assert (set(settled), None in found) == ({None}, False)


async def test_what_the_server_refuses_takes_nothing_else_with_it(store):
    """PostgreSQL keeps no U+0000: where one slips in, only its own turn fails."""
    asked = [store.commit([start_job(lane_key("test", str(n)))]) for n in range(20)]
    asked.insert(7, store.commit([start_job(reference="\0")]))
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(outcomes.pop(7), StoreUnavailable)
    assert all(job.id for (job,) in outcomes)
    assert await total(store) == 20


async def test_a_title_keeps_all_that_a_person_can_see(store):
    assert (await start(store, title="a\0b", requested_by="\0")).title == "a\N{REPLACEMENT CHARACTER}b"


@pytest.mark.slow
async def test_replicas_never_wait_for_each_other_in_a_circle(opened, url):
    """Locks are taken in one order, whatever order the turns come in: no transaction has to be undone."""
    lanes = [lane_key("test", str(n)) for n in range(12)]
    rng = random.Random(1)
    databases = [Database(url, connections=8) for _ in range(2)]
    async with opened():  # For the tables.
        one, _ = stores = [
            PostgresStore(database, Timekeeper(LEASE, None), spread=random.random) for database in databases
        ]
        jobs = [await start(one, rng.choice(lanes)) for _ in range(200)]

        async def turn(number):
            store, lane = rng.choice(stores), rng.choice(lanes)
            ids = [rng.choice(jobs).id for _ in range(rng.randrange(1, 5))]
            completions = [FinishJob(job_id=job_id, token=f"{number}", source=None) for job_id in ids]
            starts = [
                start_job(rng.choice(lanes), source_activity=str(rng.randrange(400)))
                for _ in range(rng.randrange(1, 4))
            ]
            match rng.randrange(6):
                case 0:
                    jobs.extend(await store.commit(starts))
                case 1:
                    await store.commit(completions[:1])
                case 2:
                    await store.commit(completions)
                case 3:
                    await store.commit([*starts, *completions, ParkLane(lane=lane, reason="test")])
                case 4:
                    jobs.extend(await store.commit(starts[:1]))
                case _:
                    for claim in await store.claim(3):
                        with_more = await store.sent(claim, claim.notices[0].seq)
                        if with_more:
                            await store.release(with_more)

        async def turns(first):
            for number in range(first, first + 100):
                with suppress(LeaseLost):  # A turn parked the lane meanwhile.
                    await turn(number)

        await asyncio.gather(*(turns(100 * n) for n in range(20)))
        for store, database in zip(stores, databases, strict=True):
            await store.close()
            await database.close()
    assert [database.aborted for database in databases] == [0, 0]


async def test_an_activity_resent_to_two_replicas_at_once_is_one_job(opened):
    async with opened() as one, opened() as other:
        asked = [
            start(store, lane, source_activity=f"activity-{n}")
            for n in range(40)
            for store in (one, other)
            for lane in (A, B)
        ]
        jobs = await asyncio.gather(*asked)
        assert len({job.id for job in jobs}) == await total(one) == 80


async def test_an_activity_that_comes_twice_around_the_beginning_of_a_slot_starts_one_job(store, url):
    """The one has asked the clock before the slot began, the other after; neither sees the other's note."""
    change = start_job(A, source_activity="activity")
    beginning = 3_000_000 * SLOT
    one, other = (Times(beginning + micros, 1, utc_now()) for micros in (-1, 1))
    async with AsyncExitStack() as closing:
        replicas = [Database(url, connections=1) for _ in range(2)]
        for replica in replicas:
            closing.push_async_callback(replica.close)
        [[pid]] = [
            row.values() for row in await replicas[1].run(lambda to: to.fetch("SELECT pg_backend_pid()"))
        ]
        first = asyncio.Event()
        committing = asyncio.Event()

        async def starts_slowly(connection):
            [job] = await start_jobs(connection, [change], one, lambda: 0.5)
            first.set()
            await committing.wait()
            return job

        slow = asyncio.create_task(replicas[0].transact(starts_slowly))
        await first.wait()
        quick = asyncio.create_task(
            replicas[1].run(lambda connection: start_jobs(connection, [change], other, lambda: 0.5))
        )
        server = await asyncpg.connect(url)
        closing.push_async_callback(server.close)
        while not await server.fetchval("SELECT cardinality(pg_blocking_pids($1))", pid):
            assert not quick.done(), "the other has not waited"
        committing.set()
        assert [await slow] == await quick
