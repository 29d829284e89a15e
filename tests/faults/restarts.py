"""The database server is restarted, crashed and cut off under load; everything answered must be told."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tests.fakes.fake_connector import FakeConnector
from tests.fakes.seed import seed_jobs
from tests.faults.kills import told
from tests.faults.ledger import Reckoning, reconcile
from tests.faults.load import send_events
from tests.faults.replicas import Replicas

_PAUSE = 3.0  # seconds of load before each fault, and after the last
_SETTINGS = {
    "LEASE_SECONDS": "10",
    "SEND_TIMEOUT_SECONDS": "4",
    "CONNECT_TIMEOUT_SECONDS": "2",
    # All events come from one conversation, the job system's.
    "MAX_TURNS_PER_CONVERSATION": "1000",
}


@dataclass(kw_only=True)
class RestartRun:
    """Events at *rate* a second to *replicas* processes while each of *faults* happens to their database."""

    database_url: str
    faults: list[Callable[[], Awaitable[None]]]
    rate: float = 200.0
    replicas: int = 2
    conversations: int = 200
    statuses: Counter[int] = field(default_factory=Counter)  #: How requests were answered; 0 is not at all.

    async def run(self) -> Reckoning:
        """
        Load, break, wait until all is told, and reconcile.

        There is no order to hold the messages against: an event that is sent again comes after later ones.
        """
        names = [f"conversation-{number}" for number in range(self.conversations)]
        seconds = _PAUSE * (len(self.faults) + 1)
        each = -(-int(seconds * self.rate) // self.conversations)
        async with FakeConnector(patience=90) as connector:
            url = connector.service_url
            jobs = await seed_jobs(self.database_url, names, each, service_url=url)
            mixed = [job for together in zip(*jobs.values(), strict=True) for job in together]
            async with Replicas(
                self.replicas, rng=random.Random(1), DATABASE_URL=self.database_url, **_SETTINGS
            ) as replicas:
                sending = asyncio.create_task(send_events(replicas, url, mixed, rate=self.rate))
                for fault in self.faults:
                    await asyncio.sleep(_PAUSE)
                    await fault()
                await sending
                await told(connector, set(mixed))
            self.statuses = replicas.statuses
            return reconcile(dict(jobs), connector.arrivals)
