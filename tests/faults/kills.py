"""Processes die by SIGKILL at random moments under load; every answered completion must have been told."""

import asyncio
import random
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from tests.fakes.fake_connector import Answer, FakeConnector
from tests.fakes.fake_time import WallClock
from tests.faults.ledger import Reckoning, jobs_told, reconcile
from tests.faults.replicas import Replicas

#: A dead process's lanes are free when its leases end: let that be soon, yet longer than a busy machine naps.
SETTINGS = {
    "CONNECT_TIMEOUT_SECONDS": "1",
    "SEND_TIMEOUT_SECONDS": "2",
    "LEASE_SECONDS": "5",
    "RETRY_BASE_SECONDS": "0.1",
    "RETRY_CAP_SECONDS": "1",
}
PATIENCE = 90.0  # Seconds after the last kill until everything must have been told.


@dataclass(kw_only=True)
class KillRun:
    """One run: its load and its kills come from one seed."""

    database_url: str
    kills: int
    replicas: int = 1
    conversations: int = 24
    seed: int = 1
    clock_steps: bool = False  #: Whether each wall clock is set at random, by up to an hour, with each kill.
    completed: dict[str, list[int]] = field(default_factory=dict)
    _titles: Iterator[int] = field(default_factory=count)

    async def run(self) -> Reckoning:
        """Apply load, kill processes, wait until every notice has arrived, and compare."""
        rng = random.Random(self.seed)
        with tempfile.TemporaryDirectory() as folder:
            places = range(self.replicas if self.clock_steps else 0)
            return await self._run(rng, [WallClock(Path(folder), str(place)) for place in places])

    async def _run(self, rng: random.Random, wall_clocks: Sequence[WallClock]) -> Reckoning:
        async with FakeConnector(patience=PATIENCE) as connector:
            connector.rule = self._moody(rng)
            own = [clock.environment for clock in wall_clocks]
            async with Replicas(
                self.replicas, rng=rng, own=own, DATABASE_URL=self.database_url, **SETTINGS
            ) as replicas:
                stop = asyncio.Event()
                names = [f"conversation-{number}" for number in range(self.conversations)]
                async with asyncio.TaskGroup() as talking:
                    for name in names:
                        talking.create_task(self._talk(name, replicas, connector, stop))
                    for _ in range(self.kills):
                        await asyncio.sleep(rng.uniform(0.2, 2.0))
                        for clock in wall_clocks:
                            clock.ahead(timedelta(seconds=rng.randint(-3_600, 3_600)))
                        await replicas.kill()
                    stop.set()
                owed = {job for jobs in self.completed.values() for job in jobs}
                await told(connector, owed)
            return reconcile(self.completed, connector.arrivals, replicas.kills)

    async def _talk(
        self, name: str, replicas: Replicas, connector: FakeConnector, stop: asyncio.Event
    ) -> None:
        """Start a few jobs and complete them one after the other, over and over."""
        completed = self.completed[name] = []
        while not stop.is_set():
            jobs = [await self._started(name, replicas, connector) for _ in range(3)]
            for job in jobs:
                await replicas.complete(connector.service_url, job)
                completed.append(job)

    async def _started(self, name: str, replicas: Replicas, connector: FakeConnector) -> int:
        """Start a job and return its number: the answer may be owed, and come later than the response."""
        title = f"title {next(self._titles)}"
        said = re.compile(rf"starting job (\d+): {title}\.|^- (\d+): {title}$", re.MULTILINE)
        await replicas.post(connector.service_url, name, type="message", text=f"run {title}")
        numbers: list[int] = []

        def answered(_arrivals: Any) -> bool:
            for arrival in reversed(connector.in_conversation(name)):
                if found := said.search(arrival.text):
                    numbers.append(int(found[1] or found[2]))
                    return True
            return False

        await connector.until(answered, title)
        return numbers[0]

    def _moody(self, rng: random.Random) -> Any:
        """A channel that takes up to 60 ms, and now and then takes no notice at the first attempt."""

        def rule(_conversation: str, activity: dict[str, Any]) -> Answer:
            answered = asyncio.Event()
            asyncio.get_running_loop().call_later(rng.uniform(0, 0.06), answered.set)
            refuses = rng.random() < 0.05 and jobs_told(activity.get("text") or "")
            return Answer(status=503 if refuses else 201, after=answered)

        return rule


async def told(connector: FakeConnector, owed: set[int]) -> None:
    """Wait until every notice has arrived, or until the connector's timeout; the comparison shows which."""
    seen = 0

    def all_told(arrivals: Any) -> bool:
        nonlocal seen
        for arrival in arrivals[seen:]:
            if arrival.answer.delivers:
                owed.difference_update(jobs_told(arrival.text))
        seen = len(arrivals)
        return not owed

    try:
        await connector.until(all_told, "all jobs to be told")
    except AssertionError as impatient:
        print(f"{len(owed)} jobs were not told: {impatient}")
