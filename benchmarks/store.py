"""The stores' operations without turns, many at a time."""

from __future__ import annotations

import asyncio
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import TypeVar, cast

from benchmarks import postgres
from benchmarks.seed import seeded_database, starts
from jobs.changes import Finished, FinishJob, StartJob
from jobs.job import Job
from jobs.lane import LaneKey
from jobs.listing import PageAsked
from jobs.notice import Claim
from state.store.opening import Store, open_store

A = TypeVar("A")
B = TypeVar("B")

JOBS = 10_000  #: In the log before.
OPERATIONS = 2_000  #: Of each kind in a round.
CONCURRENCY = 64
LEASE = timedelta(minutes=5)  #: Longer than a round, or its claims would be lost.
PAGE = 20


@dataclass(frozen=True, slots=True)
class Cost:
    rate: float  #: Operations a second.
    cpu: float  #: Of this process, microseconds an operation.
    server: float  #: Of PostgreSQL, likewise.


async def measure_stores(rounds: int) -> None:
    """Print what each operation costs on each store: medians of the rounds, after one that warms up."""
    with tempfile.TemporaryDirectory() as directory:
        lite = f"sqlite:///{await seeded_database(JOBS, Path(directory))}"
        async with (
            postgres.job_log(JOBS) as url,
            open_store(lite, lease=LEASE) as sqlite,
            open_store(url, lease=LEASE) as server,
        ):
            stores: dict[str, Store] = {"SQLite": sqlite, "PostgreSQL": server}
            costs: dict[str, list[dict[str, Cost]]] = {name: [] for name in stores}
            for _ in range(rounds + 1):
                for name, store in stores.items():
                    costs[name].append(await one_round(store))
    print("| | operation | a second | CPU of the process, us | CPU of the server, us |")
    print("| --- | --- | --- | --- | --- |")
    for name, measured in costs.items():
        for operation in measured[0]:
            rate, cpu, serving = (
                median(getattr(each[operation], figure) for each in measured[1:])
                for figure in ("rate", "cpu", "server")
            )
            of_server = f"{serving:,.0f}" if name == "PostgreSQL" else ""
            print(f"| {name} | {operation} | {rate:,.0f} | {cpu:,.0f} | {of_server} |")


async def one_round(store: Store) -> dict[str, Cost]:
    """Start jobs, each in a conversation of its own, complete them, settle their notices and read."""
    costs = {}
    changes = list(new_jobs())
    jobs, costs["start"] = await timed(changes, lambda change: started(store, change))
    claims, costs["complete"] = await timed(jobs, lambda job: completed(store, job))
    _, costs["settle as sent"] = await timed(claims, lambda claim: store.sent(claim, claim.notices[-1].seq))
    _, costs["find"] = await timed(jobs, lambda job: store.find(job.id))
    asked = [PageAsked(lane=job.lane, size=PAGE) for job in jobs]
    _, costs["a page of twenty"] = await timed(asked, store.page)
    return costs


def new_jobs() -> Sequence[StartJob]:
    """Return what starts jobs that no earlier round had."""
    round_id = uuid.uuid4().hex
    lanes = (LaneKey(f"benchmark/{round_id}-{number}") for number in range(OPERATIONS))
    return [
        start._replace(lane=lane, tenant=lane, source_activity=lane)
        for start, lane in zip(starts(OPERATIONS), lanes, strict=True)
    ]


async def started(store: Store, change: StartJob) -> Job:
    return cast(Job, (await store.commit([change]))[0])


async def completed(store: Store, job: Job) -> Claim:
    change = FinishJob(job_id=job.id, source=uuid.uuid4().hex, token=uuid.uuid4().hex[:16])
    claim = cast(Finished, (await store.commit([change]))[0]).claim
    assert claim is not None, "the lane was idle"  # noqa: S101
    return claim


async def timed(arguments: Sequence[A], operation: Callable[[A], Awaitable[B]]) -> tuple[list[B], Cost]:
    """Run *operation* on each of *arguments*, `CONCURRENCY` at a time; return results and what one cost."""
    results: list[B] = []
    waiting = iter(arguments)

    async def work() -> None:
        for argument in waiting:
            results.append(await operation(argument))

    begun, cpu, server = time.perf_counter(), time.process_time(), postgres.cpu_seconds()
    async with asyncio.TaskGroup() as group:
        for _ in range(CONCURRENCY):
            group.create_task(work())
    count = len(arguments)
    elapsed, cpu = time.perf_counter() - begun, time.process_time() - cpu
    server = postgres.cpu_seconds() - server
    return results, Cost(rate=count / elapsed, cpu=cpu / count * 1e6, server=server / count * 1e6)
