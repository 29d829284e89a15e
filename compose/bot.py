"""The whole bot. `open_bot` opens each part, lowest room first, and closes them in reverse order."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from botbuilder.core import BotFrameworkAdapterSettings, ConversationState
from botframework.connector.auth import SimpleChannelProvider

from bot.adapter import ProactiveAdapter
from bot.answers import Answers
from bot.caller_address import CallerAddressCheck
from bot.permissions import Permissions, SimulatedCompletion
from bot.proactive_bot import ProactiveBot
from channel.connector_pool import ConnectorPool
from channel.proxies import proxy_endpoints
from channel.service_urls import ServiceUrlPolicy
from channel.sessions import SessionSettings, open_channel_session, open_session
from channel.tracing import traced_sent
from compose.delivery import DeliveryParts, conversation_rate_limiter, open_delivery
from compose.identity import open_caller_check, open_outbound_tokens
from compose.job_systems import JobSystems, open_job_systems
from compose.meters import Meters
from compose.metrics import Metrics, open_metrics
from compose.surroundings import Surroundings
from config import Config
from delivery.hosts.service_hosts import ServiceHosts
from delivery.rate_limits.conversations import ConversationRateLimiter
from identity.caller_check import CallerCheck
from jobs.deadlines import Deadlines
from jobs.ports import JobStore
from jobs.service import JobService
from jobs.tracing import traced_store
from state.job_state import JobState
from state.sql_storage import SqlStorage
from state.store.opening import Store, open_store
from web.intake.tracing import RequestTraces, TracedRequests, Untraced
from web.intake.turn_meter import TurnMeter

_USER_AGENT = "proactive-bot"


@dataclass(frozen=True, kw_only=True, slots=True)
class BotParts:
    """The parts of the running bot that HTTP routes use."""

    adapter: ProactiveAdapter
    bot: ProactiveBot
    jobs: JobService
    store: Store
    delivery: DeliveryParts
    job_systems: JobSystems
    turns: TurnMeter
    requests: RequestTraces
    metrics: Metrics | None  #: None where nobody may read them.


@asynccontextmanager
async def open_bot(config: Config, around: Surroundings | None = None) -> AsyncIterator[BotParts]:
    """Open all parts as *config* says. Raises `StoreUnusable`."""
    around = around or Surroundings()
    hosts = ServiceHosts(time=around.monotonic)
    async with (
        _open_database(config, around) as store,
        open_metrics(config, store, hosts.left_alone) as metrics,
        _open_parts(config, around, store, hosts, metrics) as parts,
    ):
        yield parts


@asynccontextmanager
async def _open_parts(
    config: Config, around: Surroundings, store: Store, hosts: ServiceHosts, metrics: Metrics | None
) -> AsyncIterator[BotParts]:
    meters = around.meters or (metrics.meters if metrics else Meters())
    service_urls, sessions = _service_url_policy(config), _session_settings(config)
    async with (
        open_session(sessions) as identity_session,
        open_channel_session(sessions, service_urls) as session,
        # A flood of notices must not make a person's answer wait for a connection.
        open_channel_session(sessions, service_urls) as notice_session,
        open_outbound_tokens(config, store, meters) as tokens,
        open_caller_check(config, identity_session, around) as callers,
        open_job_systems(config, store, hosts, sessions, around, meters) as job_systems,
    ):
        conversations = conversation_rate_limiter(config, store)
        sent = meters.sent if around.tracer is None else traced_sent(meters.sent, around.tracer)
        replies, notices = (
            ConnectorPool(each, tokens, service_urls, hosts, user_agent=_USER_AGENT, sent=sent)
            for each in (session, notice_session)
        )
        adapter = _adapter(config, callers, service_urls, replies, notices, conversations)
        async with (
            open_delivery(
                config,
                store,
                adapter,
                hosts,
                conversations,
                around,
                events=job_systems.sender,
                meters=meters,
            ) as delivery,
            Answers(monotonic=around.monotonic, spread=around.spread).open() as answers,
        ):
            signs_of_life = job_systems.signs_of_life(delivery.worker.look)
            jobs = JobService(
                _traced(store, config, around),
                delivery.worker,
                job_systems.routes,
                signs_of_life,
                _deadlines(config),
                delivery.live.changed,
            )
            state = JobState(jobs, within_tenant=config.authentication)
            yield BotParts(
                adapter=adapter,
                bot=around.make_bot(
                    state,
                    _permissions(config),
                    conversation_state=ConversationState(SqlStorage(store, classes=around.state_classes)),
                    answers=answers,
                    clock=around.wall_clock,
                ),
                jobs=jobs,
                store=store,
                delivery=delivery,
                job_systems=job_systems,
                turns=meters.turns,
                requests=Untraced() if around.tracer is None else TracedRequests(around.tracer),
                metrics=metrics,
            )


def _open_database(config: Config, around: Surroundings) -> AbstractAsyncContextManager[Store]:
    return open_store(
        config.database_url.get_secret_value(),
        lease=timedelta(seconds=config.lease),
        connections=config.database_connections,
        clock=around.clock,
    )


def _traced(store: Store, config: Config, around: Surroundings) -> JobStore:
    if around.tracer is None:
        return store
    return traced_store(store, around.tracer, config.storage.partition(":")[0])


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


def _deadlines(config: Config) -> Deadlines:
    given = (config.job_start_within, config.job_heard_every, config.job_finish_within)
    return Deadlines(*(None if each is None else timedelta(seconds=each) for each in given))


def _permissions(config: Config) -> Permissions:
    return Permissions(
        authentication=config.authentication,
        simulated_completion=SimulatedCompletion(config.simulates_completion),
        job_system_apps=frozenset(app_id.lower() for app_id in config.job_system_app_ids),
        job_system_channels=config.job_system_channels,
    )
