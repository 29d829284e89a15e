"""Two hundred thousand notices are owed to a channel that is down; healthy conversations are not delayed."""

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass

from tests.fakes.fake_connector import FakeConnector
from tests.fakes.seed import seed_jobs
from tests.faults.kills import told
from tests.faults.ledger import Reckoning, reconcile
from tests.faults.load import latencies, send_events, summary
from tests.faults.replicas import Replicas


@dataclass(kw_only=True)
class BacklogRun:
    """The channel is down for *seconds*, with fresh events to another channel; then it is back."""

    database_url: str
    notices: int = 200_000
    conversations: int = 20_000
    seconds: float = 60.0
    fresh_rate: float = 5.0

    async def run(self) -> Reckoning:
        """Print memory and latencies; return the reckoning of the backlog."""
        names = [f"conversation-{number}" for number in range(self.conversations)]
        fresh_events = int(self.fresh_rate * self.seconds)
        async with FakeConnector(patience=1800) as down, FakeConnector() as healthy:
            each = self.notices // self.conversations
            backlog = await seed_jobs(
                self.database_url, names, each, service_url=down.service_url, completed=True
            )
            fresh = await seed_jobs(
                self.database_url, ["fresh-1", "fresh-2"], fresh_events, service_url=healthy.service_url
            )
            await down.close()
            async with Replicas(1, rng=random.Random(1), DATABASE_URL=self.database_url) as replicas:
                for when, jobs in (("down", fresh["fresh-1"]), ("back", fresh["fresh-2"])):
                    if when == "back":
                        await down.open()
                        began = time.monotonic()
                    sent = await send_events(replicas, healthy.service_url, jobs, rate=self.fresh_rate)
                    await asyncio.sleep(1)
                    memory = f"peak memory {replicas.peak_memory() / 2**20:.0f} MiB"
                    print(f"{when}: fresh notices: {summary(latencies(sent, healthy.arrivals))}; {memory}")
                await told(down, {job for jobs in backlog.values() for job in jobs})
                took = max(arrival.at for arrival in down.arrivals) - began
                rates = Counter(int(arrival.at) for arrival in down.arrivals)
                print(f"drained in {took:.1f} s by {len(down.arrivals):,} messages, ", end="")
                print(f"at most {max(rates.values())} in one second")
                print(f"peak memory of the whole run {replicas.peak_memory() / 2**20:.0f} MiB")
            return reconcile(dict(backlog), down.arrivals)
