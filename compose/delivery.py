"""The parts that deliver notices: to conversations, and to job systems."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from uuid import uuid4

from botbuilder.core import BotAdapter

from bot.permissions import SimulatedCompletion
from bot.replies import notice_texts, watch_texts
from bot.replies.live_messages import live_message
from bot.replies.words import words_for
from channel.live_sender import LiveMessageSender, RenderLive
from channel.notice_sender import NoticeSender
from compose.meters import Meters
from compose.surroundings import Surroundings
from config import Config
from delivery.attempt import Attempts
from delivery.digest import Digest
from delivery.hosts.service_hosts import ServiceHosts
from delivery.live import LiveMessages
from delivery.operating.letter_rounds import LetterRounds
from delivery.operating.minutes import MinuteCounts, MinuteRounds
from delivery.overdue import OverdueWatch
from delivery.ports import Sender, Way
from delivery.rate_limits.conversations import ConversationRateLimiter
from delivery.rate_limits.sliding_window import Window
from delivery.rate_limits.tenants import TenantRateLimiter
from delivery.retention import Kept, RetentionRounds
from delivery.retry import RetryPolicy
from delivery.tracing import TracedSender, traced_outbox
from delivery.watchers import WatcherRounds
from delivery.worker import DeliveryWorker, WorkerSettings
from instants import utc_now
from jobs.job import Job
from jobs.notice import DestinationKind
from jobs.watching import Watch
from state.references import locale_in
from state.store.opening import Store
from state.store.port import Outbox


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryParts:
    """The parts that deliver notices."""

    worker: DeliveryWorker
    hosts: ServiceHosts
    conversations: ConversationRateLimiter
    live: LiveMessages


@asynccontextmanager
async def open_delivery(
    config: Config,
    store: Store,
    adapter: BotAdapter,
    hosts: ServiceHosts,
    conversations: ConversationRateLimiter,
    around: Surroundings,
    *,
    events: Sender | None = None,
    meters: Meters | None = None,
) -> AsyncIterator[DeliveryParts]:
    """
    Deliver the notices of *store* with *adapter*; what it sends counts in *hosts* and *conversations*.

    Events for job systems go by *events*; *meters* are told what becomes of it all.
    """
    meters = meters or Meters()
    counts = MinuteCounts(meters.delivery)
    notices: Sender = NoticeSender(adapter, render=_notice_text, app_id=config.app_id, clock=utc_now)
    outbox: Outbox = store
    if around.tracer is not None:
        outbox = traced_outbox(store, around.tracer)
        notices = TracedSender(notices, around.tracer, DestinationKind.CONVERSATION)
        events = events and TracedSender(events, around.tracer, DestinationKind.WEBHOOK)
    ways = {DestinationKind.CONVERSATION: Way(sender=notices, policy=_retry_policy(config))}
    if events is not None:
        ways[DestinationKind.WEBHOOK] = Way(sender=events, policy=_EVENT_RETRIES, events=True)
    attempts = Attempts(
        outbox,
        ways,
        hosts=hosts,
        conversations=conversations,
        tenants=_tenant_rate_limiter(config, store),
        send_timeout=timedelta(seconds=config.send_timeout),
        clock=store.clock,
        spread=around.spread,
        wall_clock=around.wall_clock,
        meter=counts,
    )
    settings = around.worker or WorkerSettings(
        lease=timedelta(seconds=config.lease), grace=timedelta(seconds=config.shutdown_grace)
    )
    completed = meters.completed
    worker = DeliveryWorker(
        store, attempts, hosts=hosts, settings=settings, clock=store.clock, completed=completed
    )
    overdue = OverdueWatch(store, look=worker.look, every=around.overdue_every, completed=completed)
    watchers = WatcherRounds(
        store, _watched_text, look=worker.look, every=around.watchers_every, completed=completed
    )
    live = LiveMessages(
        store,
        LiveMessageSender(adapter, render=_live_message(config), app_id=config.app_id, clock=utc_now),
        send_timeout=timedelta(seconds=config.send_timeout),
        spread=around.spread,
        completed=completed,
    )
    minutes = MinuteRounds(store.operators.minutes, counts, uuid4().hex, store.clock)
    letters = LetterRounds(store, look=worker.look, every=around.letters_every)
    retention = RetentionRounds(
        store,
        kept(config),
        every=around.retention_every,
        retired=meters.retired,
        completed=completed,
    )
    async with (
        worker.running(),
        overdue.running(),
        watchers.running(),
        live.running(),
        minutes.running(),
        letters.running(),
        retention.running(),
    ):
        yield DeliveryParts(worker=worker, hosts=hosts, conversations=conversations, live=live)


def kept(config: Config) -> Kept:
    """Return how long old things are kept."""
    days = (config.job_retention, config.dead_letter_retention)
    return Kept(*(None if each is None else timedelta(days=each) for each in days))


def _notice_text(digest: Digest, locale: str | None) -> str:
    return notice_texts.notices(words_for(locale), digest)


def _live_message(config: Config) -> RenderLive:
    may_complete = SimulatedCompletion(config.simulates_completion) is not SimulatedCompletion.OFF
    return partial(live_message, may_complete=may_complete)


def _watched_text(watch: Watch, job: Job) -> str:
    return watch_texts.ended(words_for(locale_in(watch.reference)), watch, job)


#: Job systems are repaired within days, not seconds: https://www.standardwebhooks.com has a similar schedule.
_EVENT_RETRIES = RetryPolicy(
    base=timedelta(seconds=5), cap=timedelta(minutes=30), max_attempts=10, max_age=timedelta(days=3)
)


def _retry_policy(config: Config) -> RetryPolicy:
    return RetryPolicy(
        base=timedelta(seconds=config.retry_base),
        cap=timedelta(seconds=config.retry_cap),
        max_attempts=config.retry_attempts,
        max_age=timedelta(seconds=config.retry_max_age),
    )


def conversation_rate_limiter(config: Config, store: Store) -> ConversationRateLimiter:
    """Return the limits of conversations, for answers and notices."""
    limits = {
        channel: tuple(Window(sends, timedelta(seconds=seconds)) for sends, seconds in windows)
        for channel, windows in config.channel_limits.items()
    }
    return ConversationRateLimiter(owner=uuid4().hex, clock=store.clock, configured=limits)


def _tenant_rate_limiter(config: Config, store: Store) -> TenantRateLimiter:
    second = timedelta(seconds=1)
    return TenantRateLimiter(
        per_tenant=(Window(config.sends_per_tenant, 1.1 * second),),
        overall=(Window(config.sends_overall, second),) if config.sends_overall else (),
        clock=store.clock,
    )
