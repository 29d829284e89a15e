"""
Locks are taken in one order, whatever the order of the request, so there is no deadlock.

Two replicas ask for the same three rows in opposite orders while a third session locks the one in the middle,
so each takes an outer one and waits. If both began at the same end, they follow each other when the middle is
free; if not, each has what the other needs, and the server has to undo one.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

import asyncpg
import pytest

from jobs.changes import FinishJob, ParkLane, WelcomeMembers
from jobs.job import JobId
from jobs.lane import Heard, LaneKey, lane_key
from jobs.notice import Claim
from state.store.documents import DocumentChange
from state.store.leases import Sent
from state.store.once import DAY, RINGS, SLOT, once_key
from state.store.postgres.claiming import renew_leases
from state.store.postgres.completing import finish_jobs
from state.store.postgres.conversations import hear, welcome_members
from state.store.postgres.database import Connection, Database
from state.store.postgres.documents import delete_documents, write_documents
from state.store.postgres.settling import Dead, GivenBack, give_back, settle_dead, settle_sent
from state.store.postgres.starting import start_jobs
from state.store.postgres.store import PostgresStore
from state.store.postgres.times import Timekeeper
from state.store.postgres.transaction import make_changes
from tests.contract.asking import A, B, C, owe, start, start_job
from tests.contract.databases import LEASE

LANES = [A, B, C]

_HOLD_JOB = "SELECT FROM jobs WHERE id = $1 FOR UPDATE"
_HOLD_LANE = "SELECT FROM lanes WHERE lane = $1 FOR UPDATE"
_HOLD_NEW_LANE = "INSERT INTO lanes (lane, head, tail) VALUES ($1, 0, 0)"
_HOLD_ADDRESS = "INSERT INTO moved (lane, service_url) VALUES ($1, '')"
_HOLD_NOTE = f"""
INSERT INTO once (ring, slot, key, job_id) SELECT slot / {DAY} % {RINGS}, slot, $1, 1
FROM (SELECT (extract(epoch FROM now()) * 1000000 / {SLOT})::integer AS now) AS clock,
generate_series(now - 1, now + 1) AS slot
"""  # noqa: S608
_HOLD_DOCUMENT = "SELECT FROM documents WHERE key = $1 FOR UPDATE"
_HOLD_MEMBER = "INSERT INTO members (lane, member) VALUES ('test/conversation-a', $1)"


@dataclass
class Scene:
    """What a replica does with *rows* in their order, and how a third session locks the one in the middle."""

    hold: str
    middle: Any
    do: Callable[..., Awaitable[object]]
    rows: list[Any]
    others: list[Any] | None = None  #: What the other replica does it with, if not with the same.


def times() -> Any:
    return Timekeeper(LEASE, None).times()


async def jobs(store: PostgresStore, lanes: Sequence[LaneKey] = LANES) -> list[JobId]:
    return [(await start(store, lane)).id for lane in lanes]


async def claims(store: PostgresStore) -> list[Claim]:
    for lane in LANES:
        await owe(store, lane=lane)
    return sorted(await store.claim(3), key=lambda claim: claim.lane)


def completion(job_id: JobId) -> FinishJob:
    return FinishJob(job_id=job_id, source=None, token=None)


async def completing_the_same_jobs(store: PostgresStore) -> Scene:
    rows = [completion(job_id) for job_id in await jobs(store)]
    return Scene(_HOLD_JOB, rows[1].job_id, lambda to, asked: finish_jobs(to, asked, times()), rows)


async def completing_in_the_same_lanes(store: PostgresStore) -> Scene:
    rows = [completion(job_id) for job_id in await jobs(store)]
    others = [completion(job_id) for job_id in await jobs(store)]
    return Scene(_HOLD_NEW_LANE, B, lambda to, asked: finish_jobs(to, asked, times()), rows, others)


async def starting(store: PostgresStore) -> Scene:
    rows = sorted((start_job(lane, source_activity="the same") for lane in LANES), key=once_key)
    middle = once_key(rows[1])
    return Scene(_HOLD_NOTE, middle, lambda to, asked: start_jobs(to, asked, times(), random.random), rows)


async def settling_as_sent(store: PostgresStore) -> Scene:
    rows = [Sent(claim=claim, through=claim.notices[0].seq, message_ids={}) for claim in await claims(store)]
    return Scene(_HOLD_LANE, B, lambda to, asked: settle_sent(to, asked, times()), rows)


async def settling_as_dead(store: PostgresStore) -> Scene:
    rows = [
        Dead(claim=claim, through=claim.notices[0].seq, status=403, error="no")
        for claim in await claims(store)
    ]
    return Scene(_HOLD_LANE, B, lambda to, asked: settle_dead(to, asked, times()), rows)


async def giving_back(store: PostgresStore) -> Scene:
    rows = [GivenBack(claim=claim, after=LEASE) for claim in await claims(store)]
    return Scene(_HOLD_LANE, B, lambda to, asked: give_back(to, asked, times()), rows)


async def renewing(store: PostgresStore) -> Scene:
    return Scene(_HOLD_LANE, B, lambda to, asked: renew_leases(to, asked, times()), await claims(store))


async def hearing(store: PostgresStore) -> Scene:
    await jobs(store)
    rows = [Heard(lane=lane, service_url="https://moved.example/", speaks=False) for lane in LANES]
    return Scene(_HOLD_ADDRESS, B, lambda to, asked: hear(to, asked, times()), rows)


async def a_turn_that_completes_and_parks(store: PostgresStore) -> Scene:
    rows = [*map(completion, await jobs(store)), *(ParkLane(lane=lane, reason="test") for lane in LANES)]
    return Scene(
        _HOLD_JOB, rows[1].job_id, lambda to, asked: make_changes(to, asked, times(), random.random), rows
    )


async def a_turn_that_completes_in_the_same_lanes(store: PostgresStore) -> Scene:
    parking = ParkLane(lane=lane_key("test", "nowhere"), reason="test")
    rows = [*map(completion, await jobs(store)), parking]
    others = [*map(completion, await jobs(store, LANES[::-1])), parking]
    return Scene(
        _HOLD_NEW_LANE, B, lambda to, asked: make_changes(to, asked, times(), random.random), rows, others
    )


async def a_turn_that_starts_and_parks(store: PostgresStore) -> Scene:
    await jobs(store)
    rows = [*map(start_job, LANES), *(ParkLane(lane=lane, reason="test") for lane in LANES)]
    return Scene(_HOLD_NEW_LANE, B, lambda to, asked: make_changes(to, asked, times(), random.random), rows)


async def welcoming(store: PostgresStore) -> Scene:
    def do(to: Connection, asked: list[str]) -> Awaitable[object]:
        return welcome_members(to, WelcomeMembers(lane=A, members=asked))

    return Scene(_HOLD_MEMBER, "b", do, ["a", "b", "c"])


async def writing_documents(store: PostgresStore) -> Scene:
    rows = [DocumentChange(key=key, body="{}", e_tag="1", replaces=None) for key in "abc"]
    await store.write_documents(rows)
    return Scene(_HOLD_DOCUMENT, "b", lambda to, asked: write_documents(to, asked), rows)


async def deleting_documents(store: PostgresStore) -> Scene:
    await writing_documents(store)
    return Scene(_HOLD_DOCUMENT, "b", lambda to, asked: delete_documents(to, asked), ["a", "b", "c"])


SCENES = [
    completing_the_same_jobs,
    completing_in_the_same_lanes,
    starting,
    settling_as_sent,
    settling_as_dead,
    giving_back,
    renewing,
    hearing,
    a_turn_that_completes_and_parks,
    a_turn_that_completes_in_the_same_lanes,
    a_turn_that_starts_and_parks,
    welcoming,
    writing_documents,
    deleting_documents,
]


@pytest.mark.parametrize("set_up", SCENES, ids=lambda scene: scene.__name__.replace("_", " "))
async def test_replicas_that_ask_in_opposite_orders_follow_each_other(store, url, set_up):
    scene = await set_up(store)
    asked = [scene.rows, (scene.others or scene.rows)[::-1]]
    async with AsyncExitStack() as closing:
        server = await asyncpg.connect(url)
        closing.push_async_callback(server.close)
        replicas = [Database(f"{url}&{_AS_IF_LARGE}", connections=1) for _ in asked]
        for replica in replicas:
            closing.push_async_callback(replica.close)
        pids = [await replica.run(backend) for replica in replicas]
        middle = server.transaction()
        await middle.start()
        await server.execute(scene.hold, scene.middle)
        doing = [
            asyncio.create_task(replica.transact(partial(scene.do, asked=rows)))
            for replica, rows in zip(replicas, asked, strict=True)
        ]
        while await server.fetchval(_WAITING, pids) < len(doing):
            assert not any(task.done() for task in doing), "nobody gets past the middle"
        await middle.rollback()
        await asyncio.gather(*doing)
        assert [replica.aborted for replica in replicas] == [0, 0]


# Small tables are read whole, so in the order of their rows; large ones in the order that is asked for.
_AS_IF_LARGE = "enable_seqscan=off&enable_hashjoin=off&enable_mergejoin=off&enable_bitmapscan=off"
_WAITING = "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted AND pid = ANY ($1::integer[])"


async def backend(connection: Connection) -> int:
    """Return which of the server's processes serves *connection*."""
    (row,) = await connection.fetch("SELECT pg_backend_pid() AS pid")
    return int(row["pid"])
