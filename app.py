"""
The composition root: builds every object, and runs the server.

`python app.py`, or under gunicorn `app:create_app`.
"""

import asyncio
import random
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from uuid import uuid4

import aiohttp
from aiohttp import web
from botbuilder.core import BotFrameworkAdapterSettings

from bot.adapter import ProactiveAdapter
from bot.connector import ConnectorPool
from bot.credentials import NoTokens
from bot.proactive_bot import ProactiveBot
from bot.sender import NoticeSender
from config import Config, ConfigError, load_config
from delivery.attempt import Attempts
from delivery.paces import Paces
from delivery.retry import RetryPolicy
from delivery.tenants import TenantPace
from delivery.turnstiles import Turnstiles
from delivery.worker import DeliveryWorker, WorkerSettings
from state.errors import StoreUnusable
from state.instants import utc_now
from state.job_state import JobState
from state.stores import open_store
from telemetry import configure_logging
from web import messages
from web.problems import answer_problems
from web.server import CannotListen, event_loop_factory, serve

_USER_AGENT = "proactive-bot"


def build_app(config: Config) -> web.Application:
    """Return the application; everything in it is opened when it starts and closed when it stops."""
    app = web.Application(middlewares=[answer_problems])
    app.add_routes(messages.routes)
    app.cleanup_ctx.append(lambda app: _compose(app, config))
    return app


async def create_app() -> web.Application:
    """Return the application as the environment configures it."""
    config = load_config()
    configure_logging(config.log_level)
    return build_app(config)


async def _compose(app: web.Application, config: Config) -> AsyncIterator[None]:
    """Open all parts, lowest first; close them the other way round."""
    async with AsyncExitStack() as stack:
        lease = timedelta(seconds=config.lease)
        store = await stack.enter_async_context(
            open_store(config.database_url.get_secret_value(), lease=lease)
        )
        session = await stack.enter_async_context(_connector_session(config))
        settings = BotFrameworkAdapterSettings(config.app_id, config.app_password.get_secret_value())
        paces = Paces(owner=uuid4().hex, clock=utc_now)
        adapter = ProactiveAdapter(
            settings, ConnectorPool(session, NoTokens(), user_agent=_USER_AGENT), paces
        )
        attempts = Attempts(
            store,
            NoticeSender(adapter, app_id=config.app_id, clock=utc_now),
            policy=RetryPolicy(
                base=timedelta(seconds=config.retry_base),
                cap=timedelta(seconds=config.retry_cap),
                max_attempts=config.retry_attempts,
                max_age=timedelta(seconds=config.retry_max_age),
            ),
            paces=paces,
            tenants=Turnstiles(TenantPace(), clock=utc_now),
            send_timeout=timedelta(seconds=config.send_timeout),
            clock=utc_now,
            spread=random.random,
        )
        worker = DeliveryWorker(
            store,
            attempts,
            settings=WorkerSettings(lease=lease, grace=timedelta(seconds=config.shutdown_grace)),
            clock=utc_now,
        )
        await stack.enter_async_context(worker.running())
        app[messages.ADAPTER] = adapter
        app[messages.BOT] = ProactiveBot(JobState(store, worker))
        yield


def _connector_session(config: Config) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=1024, limit_per_host=256, ttl_dns_cache=300),
        timeout=aiohttp.ClientTimeout(total=config.send_timeout, sock_connect=config.connect_timeout),
        cookie_jar=aiohttp.DummyCookieJar(),
    )


def _greet(config: Config, port: int) -> None:
    url = f"http://{config.host}:{port}{messages.PATH}"
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


def main() -> int:
    """Run the server and return the exit status; what keeps it from starting is said in one line each."""
    try:
        config = load_config()
        configure_logging(config.log_level)
        serving = serve(
            build_app(config),
            host=config.host,
            port=config.port,
            grace=timedelta(seconds=config.shutdown_grace),
            announce=lambda port: _greet(config, port),
        )
        with asyncio.Runner(loop_factory=event_loop_factory()) as runner:
            runner.run(serving)
    except (ConfigError, StoreUnusable, CannotListen) as error:
        print(error, file=sys.stderr)  # noqa: T201  # No trace: it is the operator's to mend.
        return 1
    except KeyboardInterrupt:
        pass  # Ctrl+C on Windows; everything is closed by now.
    return 0


if __name__ == "__main__":
    sys.exit(main())
