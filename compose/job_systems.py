"""The parts that deal with job systems: what they hear, what they may report, and with which tokens."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

import aiohttp
from pydantic import SecretStr

from channel.sessions import SessionSettings, open_session
from channel.ssrf_guard import SsrfGuard
from channel.tracing import request_spans
from compose.meters import Meters
from compose.surroundings import Surroundings
from config import Config
from delivery.hosts.service_hosts import ServiceHosts
from identity.report_tokens import ReportTokens
from identity.webhook_signatures import WebhookSecrets
from instants import utc_now
from jobs.webhooks import WebhookRoute
from state.store.opening import Store
from webhooks.events import EventWriter
from webhooks.sender import Webhook, WebhookSender
from webhooks.signs_of_life import SignsOfLife


@dataclass(frozen=True, kw_only=True, slots=True)
class JobSystems:
    """What the routes of job systems use, and what delivers to them."""

    secrets: WebhookSecrets  #: Of those that report by signed requests.
    tokens: ReportTokens
    events: EventWriter
    routes: tuple[WebhookRoute, ...]
    sender: WebhookSender
    signs_of_life: Callable[[Callable[[], None]], SignsOfLife]  #: Takes the worker's `look`.


@asynccontextmanager
async def open_job_systems(
    config: Config,
    store: Store,
    hosts: ServiceHosts,
    sessions: SessionSettings,
    around: Surroundings,
    meters: Meters,
) -> AsyncIterator[JobSystems]:
    """Open the parts that *config* asks for; there may be no job system at all."""
    settings = config.all_job_webhooks
    webhooks = {each.name: Webhook(url=str(each.url), secrets=_secrets(each.secret)) for each in settings}
    own = _secrets(config.job_system_secrets)
    tokens = ReportTokens(
        [
            *(key for each in webhooks.values() for key in each.secrets.keys),
            *own.keys,
            *(token.get_secret_value().encode() for token in config.job_api_tokens),
        ]
    )
    events = EventWriter(tokens, config.public_address)
    async with AsyncExitStack() as stack:
        if around.tracer is not None:  # Job systems go on with the trace.
            sessions = replace(sessions, traces=(request_spans(around.tracer),))
        session = await stack.enter_async_context(_open_webhook_session(config, sessions))

        def signs_of_life(look: Callable[[], None]) -> SignsOfLife:
            signs = SignsOfLife(store, hosts, webhooks.keys(), look=look, monotonic=around.monotonic)
            stack.push_async_callback(signs.close)
            return signs

        yield JobSystems(
            secrets=own,
            tokens=tokens,
            events=events,
            routes=tuple(
                WebhookRoute(name=each.name, titles=each.titles, labels=each.labels) for each in settings
            ),
            sender=WebhookSender(webhooks, events, session, hosts, clock=utc_now, posted=meters.posted),
            signs_of_life=signs_of_life,
        )


def _secrets(settings: tuple[SecretStr, ...]) -> WebhookSecrets:
    return WebhookSecrets([each.get_secret_value() for each in settings])


def _open_webhook_session(config: Config, settings: SessionSettings) -> aiohttp.ClientSession:
    """Return a session that connects to public addresses, and to others as *config* allows."""
    private, proxies = config.job_webhook_allow_private, settings.proxies
    guard = SsrfGuard(
        may_be_inside=lambda host, port: private or (host, port) in proxies,
        advice="set JOB_WEBHOOK_ALLOW_PRIVATE=true",
        loopback=not config.authentication,
        limit=256,
    )
    return open_session(settings, guard)
