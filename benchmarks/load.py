"""The load: a closed loop of workers, each with one connection, that send the turns of one scenario."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from benchmarks.arrivals import Arrivals, Connector
from benchmarks.client import Connection
from benchmarks.measurement import Measurement, measurement
from benchmarks.server import Server
from benchmarks.turns import SCENARIOS, Job, Scenario, Turn, turn

BLOCK_TIMEOUT = 60.0  # seconds; a lost notice must not hang the run
JOB_ID = re.compile(r"\d+")


class WrongNumberOfActivities(Exception):
    """The server sent more or fewer activities than the turns call for, so its figures mean nothing."""


@dataclass(frozen=True, slots=True)
class Setting:
    scenario: Scenario
    concurrency: int
    delay_ms: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """Sends turns to one server, which answers them to *connector*."""

    server: Server
    connector: Connector
    authorization: str | None = None

    async def block(self, setting: Setting, turns: int, *, starters: int) -> Measurement:
        """Measure *turns* turns after a tenth as many for warming up; *starters* workers start their jobs."""
        warm_up, measured = turns // 10 + 1, turns
        async with asyncio.timeout(BLOCK_TIMEOUT):
            prepared = await self.prepare(setting, warm_up + measured, starters)
            await self.drive(setting, prepared[:warm_up])
            await self.server.quiet()
            count, cpu, begun = await self.connector.count(), self.server.cpu_seconds(), time.perf_counter()
            latencies = await self.drive(setting, prepared[warm_up:])
            elapsed = time.perf_counter() - begun
            await self.server.quiet()
            cpu = self.server.cpu_seconds() - cpu
            count = await self.connector.count() - count
        if count != measured * setting.scenario.sends:
            raise WrongNumberOfActivities(f"{setting.scenario.name}: {measured} turns, {count} activities")
        return measurement(latencies, cpu=cpu, elapsed=elapsed)

    async def prepare(self, setting: Setting, turns: int, starters: int) -> list[Turn]:
        service_url = self.connector.service_url(setting.delay_ms)
        jobs: Iterable[Job | None] = [None] * turns
        if setting.scenario.completes_job:
            jobs = await self.start_jobs(turns, service_url, starters)
        return [
            turn(setting.scenario, service_url=service_url, authorization=self.authorization, job=job)
            for job in jobs
        ]

    async def start_jobs(self, jobs: int, service_url: str, starters: int) -> list[Job]:
        """Have the bot start *jobs* jobs over the wire and read their numbers from its answers."""
        run = SCENARIOS["run"]
        turns = [turn(run, service_url=service_url, authorization=self.authorization) for _ in range(jobs)]
        async with self.connector.arrivals() as arrivals:
            answers = [arrivals.expect(each.conversation, run.sends) for each in turns]
            await self.drive(Setting(run, starters), turns)
            texts = [(await answer).text for answer in answers]
        return [
            Job(int(JOB_ID.findall(text)[0]), each.conversation)
            for each, text in zip(turns, texts, strict=True)
        ]

    async def drive(self, setting: Setting, turns: Sequence[Turn]) -> list[int]:
        """Send *turns* and return how long each took, in nanoseconds."""
        waiting = iter(turns)
        async with AsyncExitStack() as stack:
            arrivals = None
            if setting.scenario.completes_job:
                arrivals = await stack.enter_async_context(self.connector.arrivals())
            async with asyncio.TaskGroup() as group:
                workers = [
                    group.create_task(self.work(waiting, arrivals, setting.scenario.sends))
                    for _ in range(setting.concurrency)
                ]
        return [latency for worker in workers for latency in worker.result()]

    async def work(self, waiting: Iterable[Turn], arrivals: Arrivals | None, sends: int) -> list[int]:
        connection = await Connection.open(self.server.port)
        latencies = []
        try:
            for each in waiting:
                notice = arrivals.expect(each.conversation, sends) if arrivals else None
                sent_at = time.monotonic_ns()
                await connection.exchange(each.request)
                over_at = (await notice).at if notice else time.monotonic_ns()
                latencies.append(over_at - sent_at)
        finally:
            connection.close()
        return latencies
