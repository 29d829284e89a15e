"""
The composition root: builds every object, and runs the server.

`python app.py`, or under gunicorn `app:create_app`.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from uuid import uuid4

import aiohttp
from aiohttp import web
from botbuilder.core import BotFrameworkAdapterSettings
from botframework.connector.auth import SimpleChannelProvider

from bot.adapter import ProactiveAdapter
from bot.clouds import cloud_named
from bot.connector import ConnectorPool
from bot.credentials import OutboundTokens
from bot.gate import Gate
from bot.openid import OpenIdMetadata
from bot.permissions import Permissions, SimulatedCompletion
from bot.proactive_bot import ProactiveBot
from bot.sender import NoticeSender
from bot.service_urls import ServiceUrlPolicy
from bot.token_rules import ChannelTokens, DirectoryTokens
from bot.token_sources import ManagedIdentitySource, SecretSource
from bot.tokens import TokenVerifier
from bot.verified_tokens import VerifiedTokens
from config import Config, load_config
from delivery.attempt import Attempts
from delivery.paces import Paces
from delivery.pacing import Limits, Window
from delivery.retry import RetryPolicy
from delivery.tally import Tally
from delivery.tenants import TenantPace
from delivery.turnstiles import Turnstiles
from delivery.worker import DeliveryWorker, WorkerSettings
from refusal import GUNICORN_GIVES_UP, said_in_one_line
from runtime import settle
from state.instants import utc_now
from state.job_state import JobState
from state.stores import open_store
from telemetry import configure_logging
from web import health, messages
from web.admission import Admission
from web.health import Readiness
from web.quiet_runner import QuietRunner
from web.server import event_loop_factory, serve

_USER_AGENT = "proactive-bot"

_WORKER = web.AppKey("worker", DeliveryWorker)

#: What became of attempts to deliver, for whoever watches the process.
TALLY = web.AppKey("tally", Tally)

Parts = Callable[[web.Application, Config], AsyncIterator[None]]


def build_app(config: Config, *, parts: Parts | None = None) -> web.Application:
    """Return the application; its *parts* are opened when it starts and closed when it stops."""
    app = web.Application()
    app.add_routes(messages.routes)
    app.add_routes(health.routes)
    app.cleanup_ctx.append(lambda app: (parts or _compose)(app, config))
    app.on_shutdown.append(_stop_claiming)
    return app


async def create_app() -> QuietRunner:
    """Return the application, and what runs it, as the environment says; gunicorn ends if it cannot start."""
    with said_in_one_line(status=GUNICORN_GIVES_UP):
        config = load_config()
    configure_logging(config.log_level)
    app = _settled(build_app(config, parts=_compose_for_gunicorn))
    return QuietRunner(app, access_log=None, shutdown_timeout=config.shutdown_grace)


async def _compose_for_gunicorn(app: web.Application, config: Config) -> AsyncIterator[None]:
    with said_in_one_line(status=GUNICORN_GIVES_UP):
        async with asynccontextmanager(_compose)(app, config):
            yield


def _settled(app: web.Application) -> web.Application:
    """Return *app*, which settles the interpreter's heap when all its parts are open."""

    async def on_startup(_app: web.Application) -> None:
        settle()

    app.on_startup.append(on_startup)
    return app


async def _compose(app: web.Application, config: Config) -> AsyncIterator[None]:
    """Open all parts, lowest first; close them the other way round."""
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(
            open_store(
                config.database_url.get_secret_value(),
                lease=timedelta(seconds=config.lease),
                connections=config.database_connections,
            )
        )
        session = await stack.enter_async_context(_session(config))
        tokens = OutboundTokens(_token_source(config), clock=utc_now)
        stack.push_async_callback(tokens.close)
        paces = Paces(owner=uuid4().hex, clock=utc_now, configured=_channel_limits(config))
        adapter = ProactiveAdapter(
            BotFrameworkAdapterSettings(
                config.app_id,
                config.app_password.get_secret_value(),
                channel_provider=SimpleChannelProvider(config.channel_service or None),
            ),
            Gate(
                _verifier(config, session, stack) if config.authentication else None,
                ServiceUrlPolicy(authentication=config.authentication, extra_hosts=config.service_url_hosts),
                emulator_beside_us=config.listens_on_loopback,
            ),
            ConnectorPool(session, tokens, user_agent=_USER_AGENT),
            paces,
        )
        sender = NoticeSender(adapter, app_id=config.app_id, clock=utc_now)
        attempts = Attempts(
            store,
            sender,
            policy=_retry_policy(config),
            paces=paces,
            tenants=Turnstiles(_tenant_pace(config), clock=utc_now),
            send_timeout=timedelta(seconds=config.send_timeout),
            clock=utc_now,
            spread=random.random,
        )
        app[TALLY] = attempts.tally
        worker = DeliveryWorker(
            store,
            attempts,
            settings=WorkerSettings(
                lease=timedelta(seconds=config.lease), grace=timedelta(seconds=config.shutdown_grace)
            ),
            clock=utc_now,
        )
        await stack.enter_async_context(worker.running())
        app[_WORKER] = worker
        job_state = JobState(store, worker, within_tenant=config.authentication)
        app[health.READINESS] = Readiness(store.check)
        app[messages.PARTS] = messages.Parts(
            adapter=adapter,
            bot=ProactiveBot(job_state, _permissions(config)),
            admission=Admission(
                running=config.max_turns,
                waiting=config.max_waiting_turns,
                per_conversation=config.max_turns_per_conversation,
            ),
            this_machine_only=not config.authentication and not config.allow_anonymous,
        )
        yield


async def _stop_claiming(app: web.Application) -> None:
    """Begin to stop: turns and sends under way go on meanwhile."""
    app[_WORKER].stop_claiming()


def _session(config: Config) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=1024, limit_per_host=256, ttl_dns_cache=300),
        timeout=aiohttp.ClientTimeout(total=config.send_timeout, sock_connect=config.connect_timeout),
        cookie_jar=aiohttp.DummyCookieJar(),
    )


def _verifier(config: Config, session: aiohttp.ClientSession, stack: AsyncExitStack) -> TokenVerifier:
    cloud = cloud_named(config.channel_service)

    def keys(url: object, default: str) -> OpenIdMetadata:
        metadata = OpenIdMetadata(str(url or default), session=session, clock=utc_now)
        stack.push_async_callback(metadata.close)
        return metadata

    channel_url = config.channel_open_id_metadata or config.bot_open_id_metadata
    directory = None
    if config.accepts_emulator_tokens or config.job_system_app_ids:
        directory = DirectoryTokens(
            app_id=config.app_id,
            issuers=cloud.directory_issuers(config.app_tenant_id or None),
            keys=keys(config.emulator_open_id_metadata, cloud.directory_metadata_url),
            callers=config.job_system_app_ids,
            emulator_tokens=config.accepts_emulator_tokens,
        )
    return TokenVerifier(
        channel=ChannelTokens(
            app_id=config.app_id,
            issuers=frozenset({cloud.channel_issuer}),
            keys=keys(channel_url, cloud.channel_metadata_url),
        ),
        directory=directory,
        clock=utc_now,
        verified=VerifiedTokens(),
    )


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


def _channel_limits(config: Config) -> Mapping[str, Limits]:
    return {
        channel: tuple(Window(sends, timedelta(seconds=seconds)) for sends, seconds in windows)
        for channel, windows in config.channel_limits.items()
    }


def _tenant_pace(config: Config) -> TenantPace:
    second = timedelta(seconds=1)
    return TenantPace(
        per_tenant=(Window(config.sends_per_tenant, 1.1 * second),),
        overall=(Window(config.sends_overall, second),) if config.sends_overall else (),
    )


def _greet(config: Config, port: int) -> None:
    host = f"[{config.host}]" if ":" in config.host else config.host  # IPv6
    url = f"http://{host}:{port}{messages.PATH}"
    if config.authentication:
        trust = f"Authentication is on, for app {config.app_id}."
    elif config.listens_on_loopback:
        trust = "Authentication is off. That is safe: only this machine can reach the bot."
    else:
        trust = "Authentication is off, as ALLOW_ANONYMOUS says: whoever reaches the bot can use it."
    lines = [
        f"The proactive bot listens on {url}",
        f"Jobs are kept in {config.storage}",
        trust,
        "Chat with it: open that address in the Bot Framework Emulator, or run",
        f"  npx @microsoft/m365agentsplayground -e {url} -c emulator",
        "Stop it with Ctrl+C.",
    ]
    print(*lines, sep="\n", flush=True)  # noqa: T201  # What the operator looks for.


def main() -> None:
    """Run the server; what keeps it from starting is said in one line each."""
    with suppress(KeyboardInterrupt), said_in_one_line(status=1):  # Ctrl+C on Windows: all is closed by then.
        config = load_config()
        configure_logging(config.log_level)
        serving = serve(
            _settled(build_app(config)),
            host=config.host,
            port=config.port,
            grace=timedelta(seconds=config.shutdown_grace),
            announce=lambda port: _greet(config, port),
        )
        with asyncio.Runner(loop_factory=event_loop_factory()) as runner:
            runner.run(serving)


if __name__ == "__main__":
    main()
