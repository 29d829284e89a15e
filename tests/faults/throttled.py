"""One conversation is throttled; how much slower are two hundred healthy ones?"""

import random
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from benchmarks.measurement import percentile
from tests.fakes.fake_connector import Answer, FakeConnector
from tests.fakes.seed import seed_jobs
from tests.faults.kills import told
from tests.faults.ledger import jobs_told
from tests.faults.load import latencies, send_events, summary
from tests.faults.replicas import Replicas

_SICK = "throttled"


@dataclass(kw_only=True)
class ThrottledRun:
    """Runs with and without the throttled conversation, in turns, so that both see the same machine."""

    database_url: str
    seconds: float = 60.0
    rate: float = 50.0  #: Events a second, to all conversations in turn.
    healthy: int = 200
    rounds: int = 1
    p95: dict[bool, list[float]] = field(default_factory=lambda: {False: [], True: []})

    async def run(self) -> float:
        """Print each run; return by what factor the p95 of the healthy conversations grew."""
        for number in range(self.rounds):
            for throttles in (number % 2 == 1, number % 2 == 0):
                self.p95[throttles].append(await self._measure(throttles))
        ratio = median(self.p95[True]) / median(self.p95[False])
        print(f"p95 of the healthy conversations, with a throttled one to without: {ratio:.2f}")
        return ratio

    async def _measure(self, throttles: bool) -> float:
        events = int(self.seconds * self.rate)
        names = [f"healthy-{number}" for number in range(self.healthy)]
        async with FakeConnector() as connector:
            connector.rule = _throttle if throttles else None
            url = connector.service_url
            jobs = await seed_jobs(self.database_url, names, -(-events // self.healthy), service_url=url)
            sick = await seed_jobs(self.database_url, [_SICK], events // 20, service_url=url)
            mixed = [job for together in zip(*jobs.values(), strict=True) for job in together][:events]
            for index, job in enumerate(sick[_SICK]):
                mixed.insert(index * 21, job)
            rng = random.Random(1)
            async with Replicas(1, rng=rng, DATABASE_URL=self.database_url) as replicas:
                sent = await send_events(replicas, url, mixed, rate=self.rate * 1.05)
                healthy = {job: at for job, at in sent.items() if job not in set(sick[_SICK])}
                await told(connector, set(healthy if throttles else sent))
                refused = sum(not each.answer.delivers for each in connector.in_conversation(_SICK))
            took = latencies(healthy, connector.arrivals)
            print(f"{'with' if throttles else 'without'}: {summary(took)}; {refused} times 429")
            return percentile(took, 95)


def _throttle(conversation: str, activity: dict[str, Any]) -> Answer | None:
    told = jobs_told(activity.get("text") or "")
    return Answer.error(429, "Throttled", Retry_After="1") if conversation == _SICK and told else None
