"""The entry points: `python app.py`, or under gunicorn `app:create_app`."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path

import orjson
from aiohttp import web

from compose import BotParts, Surroundings, open_bot
from compose.board import open_board, open_operators
from config import (
    ENV_FILE,
    Config,
    ConfigError,
    likely_mistakes,
    load_config,
    shared_metrics,
    tracing_exporters,
)
from file_modes import only_the_owner_may_read
from jobs.job import JobId
from jobs.lane import in_logs
from observe.log_format import configure_logging
from observe.tracing.configuring import configure_tracing
from settings.metrics import SHARED_METRICS
from state.errors import StoreUnusable
from state.store.port import Store
from version import VERSION
from web.api.callers import ApiCallers, TokenHolders
from web.api.description import description as api_description
from web.api.feed import JobFeed
from web.api.news import News
from web.board import serving
from web.board.problems import in_html
from web.board.routes import jobs as board_jobs
from web.board.routes import letters, live, queues, sign_in
from web.intake.admission import Admission
from web.intake.idempotency import Idempotency
from web.intake.tracing import TRACES
from web.intake.turn_health import TurnHealth
from web.routes import (
    dead_letters,
    description,
    health,
    job_events,
    job_reports,
    job_stream,
    jobs,
    messages,
    metrics,
    operators,
    parked,
    welcome,
)
from web.routes.health import Readiness
from web.server.greeting import Greeting, trust_line
from web.server.heap import freeze_heap
from web.server.runner import ProblemRunner
from web.server.serving import CannotListen, event_loop_factory, serve
from web.server.start_failure import GUNICORN_GIVES_UP, exit_with_reason

_log = logging.getLogger("app")  # __name__ is "__main__" when it is started as a program.

#: The parts of the running bot, for tests and tools that run it in their own process.
BOT = web.AppKey("bot", BotParts)

#: Start-up errors that the operator can fix.
_EXPECTED = (ConfigError, StoreUnusable, CannotListen)

OpenParts = Callable[[web.Application, Config], AsyncIterator[None]]


def build_app(
    config: Config, *, open_parts: OpenParts | None = None, around: Surroundings | None = None
) -> web.Application:
    """Return the application; its parts are opened when it starts and closed when it stops."""
    app = web.Application()
    app.add_routes(messages.routes)
    app.add_routes(job_events.routes)
    app.add_routes(job_reports.routes)
    app.add_routes(dead_letters.routes)
    app.add_routes(parked.routes)
    app.add_routes(operators.routes)
    app.add_routes(job_stream.routes)
    app.add_routes(jobs.routes)
    app.add_routes(description.routes)
    app[description.DESCRIPTION] = orjson.dumps(api_description(config.public_address))
    for pages in (sign_in, board_jobs, letters, queues, live):
        app.add_routes(in_html(pages.routes))
    app.add_routes(health.routes)
    app.add_routes(metrics.routes)
    app.add_routes(welcome.routes)
    app.cleanup_ctx.append(lambda app: (open_parts or partial(_open_parts, around=around))(app, config))
    app.on_shutdown.append(_stop_claiming)
    return app


async def create_app() -> ProblemRunner:
    """Return the runner of the application, configured from the environment, for gunicorn."""
    with exit_with_reason(*_EXPECTED, status=GUNICORN_GIVES_UP):
        config = configure()
    if config.metrics_readable and shared_metrics() is None:
        _log.warning("%s is not set: of several processes, /metrics tells of one", SHARED_METRICS)
    app = _freezing_heap(build_app(config, open_parts=_open_parts_for_gunicorn))
    return ProblemRunner(app, access_log=None, shutdown_timeout=config.shutdown_grace)


def configure(env_file: Path = ENV_FILE) -> Config:
    """Load the settings, configure logging, and log a warning for each probable mistake."""
    config = load_config(_env_file=env_file)
    configure_logging(config.log_level, config.log_format, conversation=in_logs)
    configure_tracing(tracing_exporters(env_file), VERSION)
    if not only_the_owner_may_read(env_file):
        _log.warning("Users other than its owner can read the secrets in %s: run chmod go= on it", env_file)
    plain = config.bot_file_path and config.app_password and not config.bot_file_secret
    if plain and not only_the_owner_may_read(bot_file := ENV_FILE.parent / config.bot_file_path):
        _log.warning("Users other than its owner can read the secret in %s: run chmod go= on it", bot_file)
    for mistake in likely_mistakes(config):
        _log.warning("%s", mistake)
    return config


async def _open_parts_for_gunicorn(app: web.Application, config: Config) -> AsyncIterator[None]:
    with exit_with_reason(*_EXPECTED, status=GUNICORN_GIVES_UP):
        async with asynccontextmanager(_open_parts)(app, config):
            trust = trust_line(config.app_id, listens_on_loopback=config.listens_on_loopback)
            _log.info("The proactive bot %s is up. Jobs are kept in %s. %s", VERSION, config.storage, trust)
            yield


async def _open_parts(
    app: web.Application, config: Config, around: Surroundings | None = None
) -> AsyncIterator[None]:
    async with open_bot(config, around) as bot:
        app[BOT] = bot
        app[TRACES] = bot.requests
        turns = TurnHealth(monotonic=(around or Surroundings()).monotonic)
        app[health.READINESS] = Readiness(
            {
                "turns": partial(_checked, turns.check),
                "delivery": partial(_checked, bot.delivery.worker.check),
                "store": partial(_require_store, bot.store),
            }
        )
        admission = Admission(
            running=config.max_turns,
            waiting=config.max_waiting_turns,
            per_conversation=config.max_turns_per_conversation,
        )
        app[messages.PARTS] = messages.MessageParts(
            adapter=bot.adapter,
            bot=bot.bot,
            admission=admission,
            this_machine_only=config.open_on_this_machine,
            meter=bot.turns,
            traces=bot.requests,
            health=turns,
        )
        _serve_job_systems(app, config, bot, admission)
        _serve_metrics(app, config, bot)
        yield


def _serve_job_systems(app: web.Application, config: Config, bot: BotParts, admission: Admission) -> None:
    systems = bot.job_systems
    people = open_operators(config, bot)
    board = app[serving.PARTS] = open_board(config, bot, people, admission)
    shows_texts = board.pages.shows_texts or not people.secrets
    callers = ApiCallers(
        [token.get_secret_value() for token in config.job_api_tokens],
        systems.tokens,
        people.secrets,
        people.limit,
        open_on_this_machine=config.open_on_this_machine,
    )
    app[job_events.PARTS] = job_events.JobEventParts(
        jobs=bot.jobs,
        secrets=systems.secrets,
        idempotency=Idempotency(bot.store),
        admission=admission,
    )
    app[job_reports.PARTS] = job_reports.JobReportParts(jobs=bot.jobs, callers=callers, admission=admission)
    app[dead_letters.PARTS] = dead_letters.DeadLetterParts(
        letters=people.letters, callers=callers, admission=admission, shows_texts=shows_texts
    )
    app[operators.PARTS] = operators.OperatorParts(
        board=board, callers=callers, admission=admission, shows_texts=shows_texts
    )
    app[parked.PARTS] = parked.ParkedParts(store=bot.store, callers=callers)
    feed = JobFeed(bot.jobs)
    app[job_stream.PARTS] = job_stream.StreamParts(feed=feed, callers=callers)
    app[jobs.PARTS] = jobs.JobParts(
        jobs=bot.jobs,
        callers=callers,
        events=systems.events,
        admission=admission,
        news=News(),
        tenant=config.app_tenant_id.lower(),
    )


def _serve_metrics(app: web.Application, config: Config, bot: BotParts) -> None:
    app[metrics.PARTS] = metrics.MetricsParts(
        callers=TokenHolders(
            [token.get_secret_value() for token in config.metrics_tokens],
            setting="METRICS_TOKENS",
            open_on_this_machine=config.open_on_this_machine,
        ),
        text=None if bot.metrics is None else bot.metrics.exposition.text,
    )


async def _checked(check: Callable[[], None]) -> None:
    check()


async def _require_store(store: Store) -> None:
    """Raise `StoreUnavailable` unless the database can be written and read."""
    await store.check()
    await store.find(JobId(1))


def _freezing_heap(app: web.Application) -> web.Application:
    """Make *app* freeze the interpreter's heap once all its parts are open, and return it."""

    async def on_startup(_app: web.Application) -> None:
        freeze_heap()

    app.on_startup.append(on_startup)
    return app


async def _stop_claiming(app: web.Application) -> None:
    """Stop claiming lanes, and end streams; running turns and sends continue."""
    app[BOT].delivery.worker.stop_claiming()
    await app[serving.PARTS].feed.close()
    await app[job_stream.PARTS].feed.close()


def _greet(config: Config, port: int) -> None:
    greeting = Greeting(
        version=VERSION,
        host=config.host,
        port=port,
        path=messages.PATH,
        storage=config.storage,
        app_id=config.app_id,
        app_tenant_id=config.app_tenant_id,
        has_password=bool(config.app_password.get_secret_value()),
        listens_on_loopback=config.listens_on_loopback,
        accepts_emulator_tokens=config.emulator_tokens,
    )
    print(*greeting.lines(), sep="\n", flush=True)  # noqa: T201  # What the operator looks for.


def main(around: Surroundings | None = None) -> None:
    """
    Run the server; each start-up error is printed as one line.

    A bot that is built on this one is named in *around*.
    """
    # On Windows Ctrl+C arrives as KeyboardInterrupt, after everything is closed.
    with suppress(KeyboardInterrupt), exit_with_reason(*_EXPECTED, status=1):
        config = configure()
        serving = serve(
            _freezing_heap(build_app(config, around=around)),
            host=config.host,
            port=config.port,
            grace=timedelta(seconds=config.shutdown_grace),
            announce=lambda port: _greet(config, port),
        )
        with asyncio.Runner(loop_factory=event_loop_factory()) as runner:
            runner.run(serving)


if __name__ == "__main__":
    main()
