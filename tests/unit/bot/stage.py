"""The bot on the SDK's `TestAdapter`, with a store in memory and a worker of its own."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, NamedTuple

from botbuilder.core.adapters import TestAdapter
from botbuilder.schema import Activity, ActivityTypes, ChannelAccount, ConversationAccount

from bot.proactive_bot import ProactiveBot
from bot.replies import texts
from channel.notice_sender import NoticeSender
from delivery.attempt import Attempts
from delivery.counters import DeliveryCounters
from delivery.hosts.service_hosts import ServiceHosts
from delivery.rate_limits.conversations import ConversationRateLimiter
from delivery.rate_limits.tenants import TenantRateLimiter
from delivery.retry import RetryPolicy
from delivery.worker import DeliveryWorker, WorkerSettings
from instants import utc_now
from jobs.service import JobService
from state.job_state import JobState
from state.store.opening import open_store
from state.store.sqlite.store import SqliteStore

BOT = ChannelAccount(id="bot", name="Bot")
LEASE = timedelta(seconds=30)


class Said(NamedTuple):
    """One message of the bot's."""

    where: str  #: The conversation.
    text: str


class Stage:
    """Runs turns; each returns the messages that it caused, including notices."""

    def __init__(self, adapter: TestAdapter, worker: DeliveryWorker, store: SqliteStore) -> None:
        self.adapter = adapter
        self.store = store
        self._worker = worker

    async def say(self, text: str | None, where: str = "here", **fields: Any) -> list[Said]:
        """A person writes *text*."""
        return await self.act(ActivityTypes.message, where, text=text, **fields)

    async def act(self, kind: str, where: str = "here", **fields: Any) -> list[Said]:
        """An activity of this *kind* comes in."""
        activity = Activity(type=kind, conversation=ConversationAccount(id=where), **fields)
        await self.adapter.receive_activity(activity)
        await self._worker.idle()
        said, self.adapter.activity_buffer = self.adapter.activity_buffer, []
        return [Said(each.conversation.id, each.text) for each in said]

    async def started(self, where: str = "here", title: str = "") -> int:
        """Start a job and return its number."""
        [answer] = await self.say(f"run {title}", where)
        return int("".join(filter(str.isdigit, answer.text)))


@asynccontextmanager
async def open_stage() -> AsyncIterator[Stage]:
    adapter = TestAdapter()
    hosts = ServiceHosts(time=time.monotonic)
    async with open_store("sqlite://", lease=LEASE) as store:
        attempts = Attempts(
            store,
            NoticeSender(adapter, render=texts.notices, app_id="", clock=utc_now),
            hosts=hosts,
            policy=RetryPolicy(
                base=timedelta(seconds=1),
                cap=timedelta(seconds=1),
                max_attempts=1,
                max_age=timedelta(days=1),
            ),
            conversations=ConversationRateLimiter(owner="stage", clock=utc_now),
            tenants=TenantRateLimiter(clock=utc_now),
            send_timeout=timedelta(seconds=5),
            counters=DeliveryCounters(),
            clock=utc_now,
            spread=lambda: 0.5,
        )
        worker = DeliveryWorker(
            store, attempts, hosts=hosts, settings=WorkerSettings(lease=LEASE), clock=utc_now
        )
        adapter.logic = ProactiveBot(JobState(JobService(store, worker))).on_turn
        async with worker.running():
            yield Stage(adapter, worker, store)
