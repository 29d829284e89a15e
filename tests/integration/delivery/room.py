"""Delivery in one process: all parts of the bot, without its HTTP server and without turns."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from compose import Meters, Surroundings, open_bot
from delivery.hosts.service_hosts import ServiceHosts
from delivery.worker import DeliveryWorker, WorkerSettings
from state.store.port import Store
from tests.fakes.delivery_counters import DeliveryCounters
from tests.fakes.settings import settings

ATTEMPTS = 3
_RETRIES = {
    "RETRY_BASE_SECONDS": 0.01,
    "RETRY_CAP_SECONDS": 0.02,
    "RETRY_ATTEMPTS": ATTEMPTS,
    "RETRY_MAX_AGE_SECONDS": 1e-6,
}


@dataclass(frozen=True, kw_only=True)
class Room:
    worker: DeliveryWorker
    store: Store
    counters: DeliveryCounters
    hosts: ServiceHosts


@asynccontextmanager
async def delivering(
    path: Path,
    *,
    lease: float = 30.0,
    send_timeout: float = 20.0,
    changed: dict[str, object] | None = None,
    monotonic: Callable[[], float] | None = None,
    clock: Callable[[], datetime] | None = None,
    **worker: object,
) -> AsyncIterator[Room]:
    """Deliver the notices in the database at *path*, with *changed* settings by name, and the *worker*'s."""
    times = {"LEASE_SECONDS": lease, "SEND_TIMEOUT_SECONDS": send_timeout}
    config = settings(path, **{**_RETRIES, **times, **(changed or {})})
    given = {"monotonic": monotonic, "clock": clock}
    counters = DeliveryCounters()
    around = Surroundings(
        meters=Meters(delivery=counters),
        spread=lambda: 0.5,
        worker=WorkerSettings(lease=timedelta(seconds=lease), **worker),
        **{name: value for name, value in given.items() if value is not None},
    )
    async with open_bot(config, around) as bot:
        parts = bot.delivery
        yield Room(worker=parts.worker, store=bot.store, counters=counters, hosts=parts.hosts)
