"""How fast a backlog drains, what it costs fresh notices, and who waits for whom."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jobs.job import JobId
from tests.fakes.fake_connector import Answer, FakeConnector
from tests.fakes.seed import seed_jobs
from tests.faults.kills import told
from tests.faults.ledger import Reckoning, jobs_told, reconcile
from tests.faults.load import latencies, send_events, summary
from tests.faults.replicas import Replicas

#: What the channel does with a backlog; see `_rule`.
CHANNELS = ("healthy", "slow", "half-503", "half-hangs", "one-tenant")

_PATIENCE = 900.0  # Seconds.
_FRESH_RATE = 5.0  # Events a second, to a channel of their own.


@dataclass(kw_only=True)
class DrainRun:
    """So many conversations are owed notices when the bot starts; others get fresh ones meanwhile."""

    database_url: str
    channel: str
    lanes: int
    each: int = 1  #: Notices owed to each conversation.

    async def run(self) -> Reckoning:
        """Print time, memory and latencies; return the reckoning of all that can be told."""
        async with (
            FakeConnector(patience=_PATIENCE) as channel,
            FakeConnector() as hanging,
            FakeConnector(patience=60) as healthy,
        ):
            channel.rule = _rule(self.channel)
            hanging.rule = lambda *_: Answer(after=asyncio.Event())
            owed, watched = await self._owe(channel, hanging)
            events = 2_000
            names = [f"fresh-{number}" for number in range(20)]
            jobs = await seed_jobs(
                self.database_url, names, events // len(names), service_url=healthy.service_url
            )
            fresh = [job for together in zip(*jobs.values(), strict=True) for job in together]
            # Where half of the attempts fail, the last lanes would wait for minutes of back-off.
            settings = {"RETRY_CAP_SECONDS": "5"} if self.channel == "half-503" else {}
            async with Replicas(
                1, rng=random.Random(1), DATABASE_URL=self.database_url, **settings
            ) as replicas:
                began, cpu = time.monotonic(), replicas.cpu_seconds()
                drained = asyncio.create_task(told(channel, {job for each in owed.values() for job in each}))
                sent = await self._send_fresh(replicas, healthy, fresh, drained)
                took = max(arrival.at for arrival in channel.arrivals) - began
                cpu = replicas.cpu_seconds() - cpu
                print(
                    f"{self.channel}: {len(owed):,} lanes, {self.each} each, drained in {took:.1f} s", end=""
                )
                print(f" ({len(owed) / took:,.0f}/s, {cpu:.0f} s of CPU, {len(channel.arrivals):,} messages)")
                for part in (0.5, 0.9, 0.99):
                    by = _told_by(channel, part * len(owed)) - began
                    print(f"{part:.0%} were told in {by:.1f} s")
                if watched:
                    beside = _last(channel, watched) - began
                    print(f"the {len(watched):,} beside them were told in {beside:.1f} s")
                await asyncio.sleep(1)
                print(f"fresh notices meanwhile: {summary(latencies(sent, healthy.arrivals))}")
                print(f"peak memory {replicas.peak_memory() / 2**20:.0f} MiB")
            return reconcile(owed, channel.arrivals)

    async def _owe(
        self, channel: FakeConnector, hanging: FakeConnector
    ) -> tuple[dict[str, list[JobId]], Sequence[JobId]]:
        """Seed the backlog; return what will be told, and those whose time counts apart."""
        names = [f"conversation-{number}" for number in range(self.lanes)]

        async def owe(names: Sequence[str], to: FakeConnector, **fields: Any) -> dict[str, list[JobId]]:
            return await seed_jobs(
                self.database_url, names, self.each, service_url=to.service_url, completed=True, **fields
            )

        if self.channel == "half-hangs":
            half, some = len(names) // 2, 500
            owed: dict[str, list[JobId]] = {}
            for first in range(0, half, some):  # Turn and turn about, in the order in which they are due.
                await owe(names[half:][first : first + some], hanging)
                owed |= await owe(names[:half][first : first + some], channel)
            return owed, []
        if self.channel == "one-tenant":
            few = max(1, len(names) // 50)
            owed = await owe(names[few:], channel, tenant="large")
            beside = await owe(names[:few], channel, tenant="small")
            return owed | beside, [job for each in beside.values() for job in each]
        return await owe(names, channel), []

    async def _send_fresh(
        self, replicas: Replicas, healthy: FakeConnector, jobs: Sequence[int], drained: "asyncio.Task[None]"
    ) -> dict[int, float]:
        sent: dict[int, float] = {}
        some = int(_FRESH_RATE)
        for first in range(0, len(jobs), some):
            sent |= await send_events(
                replicas, healthy.service_url, jobs[first : first + some], rate=_FRESH_RATE
            )
            if drained.done():
                break
        await drained
        return sent


def _told_by(channel: FakeConnector, lanes: float) -> float:
    """Return when so many had been told, on the clock of arrivals; the others may wait for their retries."""
    delivered = channel.delivered
    return delivered[min(len(delivered) - 1, int(lanes))].at


def _last(channel: FakeConnector, jobs: Sequence[int]) -> float:
    these = set(jobs)
    return max(arrival.at for arrival in channel.arrivals if these & set(jobs_told(arrival.text)))


def _rule(channel: str) -> Any:
    rng = random.Random(1)

    def rule(_conversation: str, _activity: dict[str, Any]) -> Answer | None:
        if channel == "half-503":
            return Answer(status=503) if rng.random() < 0.5 else None
        if channel == "slow":
            answered = asyncio.Event()
            asyncio.get_running_loop().call_later(0.05, answered.set)
            return Answer(after=answered)
        return None

    return rule
