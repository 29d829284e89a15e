"""Events at a steady rate, and how long each took until its conversation was told."""

import asyncio
import time
from collections.abc import Iterable, Sequence

from benchmarks.measurement import percentile
from tests.fakes.fake_connector import Received
from tests.faults.ledger import jobs_told
from tests.faults.replicas import Replicas


async def send_events(
    replicas: Replicas, service_url: str, jobs: Sequence[int], *, rate: float
) -> dict[int, float]:
    """Say of *jobs* that they are complete, *rate* a second; return when each event was sent."""
    sent: dict[int, float] = {}
    began = time.monotonic()

    async def send(job: int) -> None:
        sent[job] = time.monotonic()
        await replicas.complete(service_url, job)

    async with asyncio.TaskGroup() as sending:
        for index, job in enumerate(jobs):
            await asyncio.sleep(max(0.0, began + index / rate - time.monotonic()))
            sending.create_task(send(job))
    return sent


def latencies(sent: dict[int, float], arrivals: Iterable[Received]) -> list[float]:
    """Return, for each job that was told, the seconds from its event to its first arrival; ascending."""
    first: dict[int, float] = {}
    for arrival in arrivals:
        if arrival.answer.delivers:
            for job in jobs_told(arrival.text):
                first.setdefault(job, arrival.at)
    return sorted(first[job] - at for job, at in sent.items() if job in first)


def summary(ascending: Sequence[float]) -> str:
    """Return count, median, p95 and the slowest, in milliseconds."""
    if not ascending:
        return "none"
    p50, p95 = (percentile(ascending, percent) * 1000 for percent in (50, 95))
    return (
        f"{len(ascending):,} told, p50 {p50:.1f} ms, p95 {p95:.1f} ms, slowest {ascending[-1] * 1000:.0f} ms"
    )
