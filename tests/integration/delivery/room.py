"""Delivery in one process: real store, worker, adapter and sender, without turns."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp
from botbuilder.core import BotFrameworkAdapterSettings

from bot.adapter import ProactiveAdapter
from bot.caller_address import CallerAddressCheck
from bot.replies import texts
from channel.connector_pool import ConnectorPool
from channel.notice_sender import NoticeSender
from channel.outbound_tokens import OutboundTokens
from channel.service_urls import ServiceUrlPolicy
from delivery.attempt import Attempts
from delivery.counters import DeliveryCounters
from delivery.hosts.service_hosts import ServiceHosts
from delivery.rate_limits.conversations import ConversationRateLimiter
from delivery.rate_limits.sliding_window import Limits
from delivery.rate_limits.tenants import TenantRateLimiter
from delivery.retry import RetryPolicy
from delivery.worker import DeliveryWorker, WorkerSettings
from identity.caller_check import CallerCheck
from instants import utc_now
from state.store.sqlite.opening import open_sqlite
from state.store.sqlite.store import SqliteStore

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
    counters: DeliveryCounters
    hosts: ServiceHosts


@asynccontextmanager
async def delivering(
    path: Path,
    *,
    lease: float = 30.0,
    send_timeout: float = 0.5,
    overall: Limits = (),
    policy: RetryPolicy = POLICY,
    monotonic: Callable[[], float] = time.monotonic,
    clock: Callable[[], datetime] = utc_now,
    **settings: object,
) -> AsyncIterator[Room]:
    """Deliver the notices in the database at *path*; *settings* are the worker's."""
    counters = DeliveryCounters()
    leases = timedelta(seconds=lease)
    async with (
        open_sqlite(str(path), lease=leases, clock=clock) as store,
        aiohttp.ClientSession() as session,
    ):
        hosts = ServiceHosts(time=monotonic)
        conversations = ConversationRateLimiter(owner="one", clock=clock)
        service_urls = ServiceUrlPolicy(authentication=False)
        adapter = ProactiveAdapter(
            BotFrameworkAdapterSettings("", ""),
            CallerCheck(None),
            CallerAddressCheck(service_urls),
            ConnectorPool(
                session, OutboundTokens(None, clock=clock), service_urls, hosts, user_agent="proactive-bot"
            ),
            conversations,
        )
        attempts = Attempts(
            store,
            NoticeSender(adapter, render=texts.notices, app_id="", clock=clock),
            hosts=hosts,
            policy=policy,
            conversations=conversations,
            tenants=TenantRateLimiter(overall=overall, clock=clock),
            send_timeout=timedelta(seconds=send_timeout),
            counters=counters,
            clock=clock,
            spread=lambda: 0.5,
        )
        worker = DeliveryWorker(
            store, attempts, hosts=hosts, settings=WorkerSettings(lease=leases, **settings), clock=clock
        )
        async with worker.running():
            yield Room(worker=worker, store=store, counters=counters, hosts=hosts)
