"""The channel is down for half a minute while jobs are completed."""

import asyncio
import random
import time
from dataclasses import dataclass

from tests.fakes.fake_connector import FakeConnector
from tests.fakes.seed import seed_jobs
from tests.faults.kills import told
from tests.faults.ledger import Reckoning, reconcile
from tests.faults.load import latencies, send_events, summary
from tests.faults.replicas import Replicas


@dataclass(kw_only=True)
class OutageRun:
    """Events at *rate* a second: five seconds before the outage, during it, and five after it."""

    database_url: str
    seconds: float = 30.0
    rate: float = 200.0
    conversations: int = 400

    async def run(self) -> Reckoning:
        """Print when all was told; return the reckoning."""
        names = [f"conversation-{number}" for number in range(self.conversations)]
        each = -(-int((self.seconds + 10) * self.rate) // self.conversations)
        async with FakeConnector(patience=600) as connector:
            url = connector.service_url
            jobs = await seed_jobs(self.database_url, names, each, service_url=url)
            mixed = [job for together in zip(*jobs.values(), strict=True) for job in together]
            async with Replicas(1, rng=random.Random(1), DATABASE_URL=self.database_url) as replicas:
                sending = asyncio.create_task(send_events(replicas, url, mixed, rate=self.rate))
                await asyncio.sleep(5)
                await connector.close()
                before = len(connector.arrivals)
                await asyncio.sleep(self.seconds)
                await connector.open()
                back = time.monotonic()
                sent = await sending
                await told(connector, set(mixed))
                drained = max(arrival.at for arrival in connector.arrivals) - back
                print(f"events took {max(sent.values()) - min(sent.values()):.1f} s to send")
                print(f"drained {drained:.1f} s after the channel was back; {_peak(connector, back, before)}")
                print(summary(latencies(sent, connector.arrivals)))
                print(f"peak memory {replicas.peak_memory() / 2**20:.0f} MiB")
            return reconcile(dict(jobs), connector.arrivals)


def _peak(connector: FakeConnector, back: float, before: int) -> str:
    seconds = [int(arrival.at - back) for arrival in connector.arrivals[before:]]
    return f"at most {max(map(seconds.count, set(seconds)))} messages in one second"
