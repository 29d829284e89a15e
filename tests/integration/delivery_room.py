"""Delivery as one process has it: real store, worker, adapter and sender, without the turns."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp
from botbuilder.core import BotFrameworkAdapterSettings

from bot.adapter import ProactiveAdapter
from bot.connector import ConnectorPool
from bot.credentials import OutboundTokens
from bot.gate import Gate
from bot.sender import NoticeSender
from bot.service_urls import ServiceUrlPolicy
from delivery.attempt import Attempts
from delivery.paces import Paces
from delivery.pacing import Limits
from delivery.retry import RetryPolicy
from delivery.tally import Tally
from delivery.tenants import TenantPace
from delivery.turnstiles import Turnstiles
from delivery.worker import DeliveryWorker, WorkerSettings
from state.instants import utc_now
from state.sqlite.store import SqliteStore, open_sqlite

POLICY = RetryPolicy(
    base=timedelta(milliseconds=10),
    cap=timedelta(milliseconds=20),
    max_attempts=3,
    max_age=timedelta(days=3),
)


@dataclass(frozen=True, kw_only=True)
class Room:
    worker: DeliveryWorker
    store: SqliteStore
    tally: Tally


@asynccontextmanager
async def delivering(
    path: Path,
    *,
    lease: float = 30.0,
    send_timeout: float = 0.5,
    overall: Limits = (),
    policy: RetryPolicy = POLICY,
    clock: Callable[[], datetime] = utc_now,
    **settings: object,
) -> AsyncIterator[Room]:
    """Deliver what is owed in the database at *path*; *settings* are the worker's."""
    leases = timedelta(seconds=lease)
    async with (
        open_sqlite(str(path), lease=leases, clock=clock) as store,
        aiohttp.ClientSession() as session,
    ):
        paces = Paces(owner="one", clock=clock)
        adapter = ProactiveAdapter(
            BotFrameworkAdapterSettings("", ""),
            Gate(None, ServiceUrlPolicy(authentication=False)),
            ConnectorPool(session, OutboundTokens(None, clock=clock), user_agent="proactive-bot"),
            paces,
        )
        attempts = Attempts(
            store,
            NoticeSender(adapter, app_id="", clock=clock),
            policy=policy,
            paces=paces,
            tenants=Turnstiles(TenantPace(overall=overall), clock=clock),
            send_timeout=timedelta(seconds=send_timeout),
            clock=clock,
            spread=lambda: 0.5,
        )
        worker = DeliveryWorker(
            store, attempts, settings=WorkerSettings(lease=leases, **settings), clock=clock
        )
        async with worker.running():
            yield Room(worker=worker, store=store, tally=attempts.tally)
