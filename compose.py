"""
The composition root: the only place that builds the parts of the bot.

`open_bot` opens each part with its own short function, lowest room first, and closes them in reverse order.
Longer than other files, so that the whole wiring is in one place.
"""

import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

import aiohttp
from botbuilder.core import BotAdapter, BotFrameworkAdapterSettings
from botframework.connector.auth import SimpleChannelProvider

from bot.adapter import ProactiveAdapter
from bot.answers import Answers
from bot.caller_address import CallerAddressCheck
from bot.permissions import Permissions, SimulatedCompletion
from bot.proactive_bot import ProactiveBot
from bot.replies import notice_texts
from channel.connector_pool import ConnectorPool
from channel.notice_sender import NoticeSender
from channel.outbound_tokens import OutboundTokens
from channel.proxies import proxy_endpoints
from channel.service_urls import ServiceUrlPolicy
from channel.sessions import SessionSettings, open_channel_session, open_session
from channel.token_sources import ManagedIdentitySource, SecretSource
from config import Config
from delivery.attempt import Attempts
from delivery.counters import DeliveryCounters
from delivery.hosts.service_hosts import ServiceHosts
from delivery.rate_limits.conversations import ConversationRateLimiter
from delivery.rate_limits.sliding_window import Window
from delivery.rate_limits.tenants import TenantRateLimiter
from delivery.retry import RetryPolicy
from delivery.worker import DeliveryWorker, WorkerSettings
from identity.caller_check import CallerCheck
from identity.clouds import cloud_named
from identity.open_id_metadata import OpenIdMetadata
from identity.token_rules import ChannelTokens, DirectoryTokens
from identity.token_verifier import TokenVerifier
from identity.verified_token_cache import VerifiedTokenCache
from instants import utc_now
from jobs.service import JobService
from state.job_state import JobState
from state.store.opening import Store, open_store

_USER_AGENT = "proactive-bot"


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What the parts take from outside the process, and how the worker keeps time; tests set these."""

    clock: Callable[[], datetime] | None = None  #: Of the store, and of all that compares its instants.
    monotonic: Callable[[], float] = time.monotonic  #: In seconds.
    spread: Callable[[], float] = random.random  #: Uniform in [0, 1).
    worker: WorkerSettings | None = None  #: By default as the configuration says.


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryParts:
    """The parts that deliver notices."""

    worker: DeliveryWorker
    hosts: ServiceHosts
    conversations: ConversationRateLimiter
    counters: DeliveryCounters


@dataclass(frozen=True, kw_only=True, slots=True)
class BotParts:
    """The parts of the running bot that HTTP routes use."""

    adapter: ProactiveAdapter
    bot: ProactiveBot
    jobs: JobService
    store: Store
    delivery: DeliveryParts


@asynccontextmanager
async def open_bot(config: Config, around: Surroundings | None = None) -> AsyncIterator[BotParts]:
    """Open all parts as *config* says. Raises `StoreUnusable`."""
    around = around or Surroundings()
    service_urls, sessions = _service_url_policy(config), _session_settings(config)
    async with (
        _open_database(config, around) as store,
        open_session(sessions) as identity_session,
        open_channel_session(sessions, service_urls) as session,
        # A flood of notices must not make a person's answer wait for a connection.
        open_channel_session(sessions, service_urls) as notice_session,
        _open_outbound_tokens(config, store) as tokens,
        _open_caller_check(config, identity_session, around) as callers,
    ):
        hosts = ServiceHosts(time=around.monotonic)
        conversations = _conversation_rate_limiter(config, store)
        replies, notices = (
            ConnectorPool(each, tokens, service_urls, hosts, user_agent=_USER_AGENT)
            for each in (session, notice_session)
        )
        adapter = _adapter(config, callers, service_urls, replies, notices, conversations)
        async with open_delivery(config, store, adapter, hosts, conversations, around) as delivery:
            jobs = JobService(store, delivery.worker)
            state = JobState(jobs, within_tenant=config.authentication)
            async with Answers(monotonic=around.monotonic, spread=around.spread).open() as answers:
                bot = ProactiveBot(state, _permissions(config), answers=answers)
                yield BotParts(adapter=adapter, bot=bot, jobs=jobs, store=store, delivery=delivery)


@asynccontextmanager
async def open_delivery(
    config: Config,
    store: Store,
    adapter: BotAdapter,
    hosts: ServiceHosts,
    conversations: ConversationRateLimiter,
    around: Surroundings,
) -> AsyncIterator[DeliveryParts]:
    """Deliver the notices of *store* with *adapter*; what it sends counts in *hosts* and *conversations*."""
    counters = DeliveryCounters()
    attempts = Attempts(
        store,
        NoticeSender(adapter, render=notice_texts.notices, app_id=config.app_id, clock=utc_now),
        hosts=hosts,
        policy=_retry_policy(config),
        conversations=conversations,
        tenants=_tenant_rate_limiter(config, store),
        send_timeout=timedelta(seconds=config.send_timeout),
        counters=counters,
        clock=store.clock,
        spread=around.spread,
    )
    settings = around.worker or WorkerSettings(
        lease=timedelta(seconds=config.lease), grace=timedelta(seconds=config.shutdown_grace)
    )
    worker = DeliveryWorker(store, attempts, hosts=hosts, settings=settings, clock=store.clock)
    async with worker.running():
        yield DeliveryParts(worker=worker, hosts=hosts, conversations=conversations, counters=counters)


def _open_database(config: Config, around: Surroundings) -> AbstractAsyncContextManager[Store]:
    return open_store(
        config.database_url.get_secret_value(),
        lease=timedelta(seconds=config.lease),
        connections=config.database_connections,
        clock=around.clock,
    )


def _service_url_policy(config: Config) -> ServiceUrlPolicy:
    return ServiceUrlPolicy(
        authentication=config.authentication,
        extra_hosts=config.service_url_hosts,
        emulator_on_this_machine=config.listens_on_loopback and config.emulator_tokens,
    )


def _session_settings(config: Config) -> SessionSettings:
    return SessionSettings(
        send_timeout=config.send_timeout,
        connect_timeout=config.connect_timeout,
        # Without authentication the bot serves its own machine only.
        proxies=proxy_endpoints() if config.authentication else frozenset(),
    )


@asynccontextmanager
async def _open_outbound_tokens(config: Config, store: Store) -> AsyncIterator[OutboundTokens]:
    tokens = OutboundTokens(_token_source(config), clock=store.clock)
    try:
        yield tokens
    finally:
        await tokens.close()


def _token_source(config: Config) -> SecretSource | ManagedIdentitySource | None:
    if not config.authentication:
        return None
    cloud = cloud_named(config.channel_service)
    if config.app_type == "UserAssignedMSI":
        return ManagedIdentitySource(app_id=config.app_id, scope=cloud.scope)
    tenant = config.app_tenant_id if config.app_type == "SingleTenant" else cloud.default_tenant
    login_url = str(config.login_url) if config.login_url else f"{cloud.login_url}{tenant}"
    return SecretSource(
        app_id=config.app_id,
        password=config.app_password.get_secret_value(),
        authority=login_url,
        scope=cloud.scope,
    )


@asynccontextmanager
async def _open_caller_check(
    config: Config, session: aiohttp.ClientSession, around: Surroundings
) -> AsyncIterator[CallerCheck]:
    if not config.authentication:
        yield CallerCheck(None)
        return
    async with AsyncExitStack() as stack:
        yield CallerCheck(_verifier(config, session, around, stack))


def _verifier(
    config: Config, session: aiohttp.ClientSession, around: Surroundings, stack: AsyncExitStack
) -> TokenVerifier:
    cloud = cloud_named(config.channel_service)

    def keys(url: object, default: str) -> OpenIdMetadata:
        metadata = OpenIdMetadata(str(url or default), session=session, monotonic=around.monotonic)
        stack.push_async_callback(metadata.close)
        return metadata

    channel_url = config.channel_open_id_metadata or config.bot_open_id_metadata
    directory = None
    if config.emulator_tokens or config.job_system_app_ids:
        directory = DirectoryTokens(
            app_id=config.app_id,
            issuers=cloud.directory_issuers(config.app_tenant_id or None),
            keys=keys(config.emulator_open_id_metadata, cloud.directory_metadata_url),
            callers=config.job_system_app_ids,
            emulator_tokens=config.emulator_tokens,
        )
    return TokenVerifier(
        channel=ChannelTokens(
            app_id=config.app_id,
            issuers=frozenset({cloud.channel_issuer}),
            keys=keys(channel_url, cloud.channel_metadata_url),
        ),
        directory=directory,
        clock=utc_now,
        verified=VerifiedTokenCache(monotonic=around.monotonic),
    )


def _adapter(
    config: Config,
    callers: CallerCheck,
    service_urls: ServiceUrlPolicy,
    replies: ConnectorPool,
    notices: ConnectorPool,
    conversations: ConversationRateLimiter,
) -> ProactiveAdapter:
    return ProactiveAdapter(
        BotFrameworkAdapterSettings(
            config.app_id,
            config.app_password.get_secret_value(),
            channel_provider=SimpleChannelProvider(config.channel_service or None),
        ),
        callers,
        CallerAddressCheck(service_urls),
        replies,
        conversations,
        notices=notices,
    )


def _permissions(config: Config) -> Permissions:
    return Permissions(
        authentication=config.authentication,
        simulated_completion=SimulatedCompletion(config.simulates_completion),
        job_system_apps=frozenset(app_id.lower() for app_id in config.job_system_app_ids),
        job_system_channels=config.job_system_channels,
    )


def _retry_policy(config: Config) -> RetryPolicy:
    return RetryPolicy(
        base=timedelta(seconds=config.retry_base),
        cap=timedelta(seconds=config.retry_cap),
        max_attempts=config.retry_attempts,
        max_age=timedelta(seconds=config.retry_max_age),
    )


def _conversation_rate_limiter(config: Config, store: Store) -> ConversationRateLimiter:
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
