"""The bot and a worker die by SIGKILL at random moments; every job that was asked for is done and told."""

import asyncio
import random
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.fakes.fake_connector import FakeConnector
from tests.fakes.ports import free_port
from tests.fakes.signing import SECRET
from tests.faults.kills import PATIENCE, SETTINGS, told
from tests.faults.ledger import Reckoning, reconcile
from tests.faults.replicas import Replicas

_WORKER = Path(__file__).with_name("worker.py")

_MOMENT = 10.0  # Seconds.
_PAUSE = 0.3  # Seconds between two jobs of one conversation: the worker has to keep up.


@dataclass(kw_only=True)
class JobSystemRun:
    """One run: people ask for jobs, a worker of its own gets them by webhook, works and reports."""

    database_url: str
    kills: int
    conversations: int = 8
    seed: int = 1
    down: float = 0.0  #: Seconds for which the worker is away at the end, before it drains what waits.

    async def run(self) -> Reckoning:
        """Apply load, kill both, wait until every job is told, and compare. Raises AssertionError."""
        rng = random.Random(self.seed)
        with tempfile.TemporaryDirectory() as folder:
            async with FakeConnector(patience=PATIENCE) as connector, Worker(Path(folder)) as worker:
                port = free_port()
                settings = {
                    "PORT": str(port),
                    "JOB_WEBHOOK_URL": f"http://127.0.0.1:{worker.port}/hook",
                    "JOB_WEBHOOK_SECRET": SECRET,
                    **SETTINGS,
                }
                async with Replicas(1, rng=rng, DATABASE_URL=self.database_url, **settings) as replicas:
                    began = time.monotonic()
                    stop = asyncio.Event()
                    asked: Counter[str] = Counter()
                    async with asyncio.TaskGroup() as talking:
                        for number in range(self.conversations):
                            talking.create_task(self._talk(f"c-{number}", replicas, connector, asked, stop))
                        for _ in range(self.kills):
                            await asyncio.sleep(rng.uniform(0.1, 1.0))
                            await (worker.kill() if rng.random() < 0.5 else replicas.kill())
                        if self.down:
                            await worker.stop()
                            await asyncio.sleep(self.down)
                            await worker.start()
                        stop.set()
                    jobs = jobs_by_conversation(self.database_url)
                    await told(connector, {job for each in jobs.values() for job in each})
                    kills = sorted([*replicas.kills, *worker.kills])
                    assert {name: len(each) for name, each in jobs.items()} == dict(asked)
                    await worker.require_all_done(sum(asked.values()))
                    print(f"{sum(asked.values()):,} jobs asked for in {time.monotonic() - began:.0f} s")
            return reconcile(jobs_by_conversation(self.database_url), connector.arrivals, kills)

    async def _talk(
        self,
        name: str,
        replicas: Replicas,
        connector: FakeConnector,
        asked: Counter[str],
        stop: asyncio.Event,
    ) -> None:
        """Ask for one job after the other."""
        while not stop.is_set():
            await replicas.post(connector.service_url, name, type="message", text="run")
            asked[name] += 1
            await asyncio.sleep(_PAUSE)


def jobs_by_conversation(database_url: str) -> dict[str, list[int]]:
    """Return the jobs in the log, in the order in which they ended."""
    with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as connection:
        rows = connection.execute("SELECT lane, id FROM jobs ORDER BY notice_seq").fetchall()
    found: dict[str, list[int]] = {}
    for lane, job in rows:
        found.setdefault(lane.partition("/")[2], []).append(job)
    return found


class Worker:
    """The worker's process, and what it has kept."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.kills: list[float] = []
        self._folder = folder

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_raised: object) -> None:
        await self.stop()

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(_WORKER), str(self.port), str(self._folder), SECRET),
            stdout=asyncio.subprocess.PIPE,
        )
        assert self._process.stdout is not None
        assert await asyncio.wait_for(self._process.stdout.readline(), 30) == b"ready\n"

    async def stop(self) -> None:
        self._process.kill()
        await self._process.wait()

    async def kill(self) -> None:
        """Kill it, and start another."""
        await self.stop()
        self.kills.append(time.monotonic())
        await self.start()

    async def require_all_done(self, jobs: int) -> None:
        """
        Raise unless each of so many jobs arrived, and was worked on to its end.

        The worker notes an end after the bot has answered, when people may know already: it gets a moment.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(_MOMENT):
                while self._count("jobs WHERE step = 3") < jobs:  # noqa: ASYNC110  # Another process's file.
                    await asyncio.sleep(0.05)
        done, created = self._count("jobs WHERE step = 3"), self._count("events WHERE type = 'job.created'")
        assert (done, created) == (jobs, jobs), f"of {jobs} jobs {created} arrived, and {done} were ended"
        delivered = self._count("events WHERE type = 'notice.delivered'")
        print(f"the worker got {created:,} jobs, and heard of {delivered:,} that people were told")

    def _count(self, what: str) -> int:
        with closing(sqlite3.connect(self._folder / "worker.sqlite3")) as connection:
            (count,) = connection.execute(f"SELECT count(*) FROM {what}").fetchone()  # noqa: S608
        return int(count)
