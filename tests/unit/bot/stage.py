"""The bot on the SDK's `TestAdapter`, with a store in memory and a worker of its own."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, NamedTuple

from botbuilder.core.adapters import TestAdapter
from botbuilder.schema import Activity, ActivityTypes, ChannelAccount, ConversationAccount

from bot.proactive_bot import ProactiveBot
from compose import Surroundings, open_delivery
from delivery.hosts.service_hosts import ServiceHosts
from delivery.rate_limits.conversations import ConversationRateLimiter
from delivery.worker import DeliveryWorker
from jobs.service import JobService
from state.job_state import JobState
from state.store.opening import open_store
from state.store.sqlite.store import SqliteStore
from tests.fakes.settings import settings

BOT = ChannelAccount(id="bot", name="Bot")


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
        return await self.heard()

    async def heard(self) -> list[Said]:
        """Return what the bot has said since."""
        await self._worker.idle()
        said, self.adapter.activity_buffer = self.adapter.activity_buffer, []
        return [Said(each.conversation.id, _text_of(each)) for each in said]

    async def started(self, where: str = "here", title: str = "") -> int:
        """Start a job and return its number."""
        [answer] = await self.say(f"run {title}", where)
        return int(re.search(r"job (\d+)", answer.text)[1])


def _text_of(message: Activity) -> str:
    """Return what *message* says; of a card what a client shows that cannot draw it."""
    text: str | None = message.text
    return text if text or not message.attachments else str(message.attachments[0].content["fallbackText"])


@asynccontextmanager
async def open_stage() -> AsyncIterator[Stage]:
    adapter, around = TestAdapter(), Surroundings(spread=lambda: 0.5)
    config = settings(RETRY_BASE_SECONDS=1, RETRY_CAP_SECONDS=1, RETRY_ATTEMPTS=1)
    hosts = ServiceHosts(time=around.monotonic)
    async with open_store("sqlite://", lease=timedelta(seconds=config.lease)) as store:
        conversations = ConversationRateLimiter(owner="stage", clock=store.clock)
        async with open_delivery(config, store, adapter, hosts, conversations, around) as delivery:
            adapter.logic = ProactiveBot(JobState(JobService(store, delivery.worker))).on_turn
            yield Stage(adapter, delivery.worker, store)
