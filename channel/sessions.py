"""The HTTP sessions on which the bot sends to channels and to identity services."""

from dataclasses import dataclass

import aiohttp

from channel.service_urls import ServiceUrlPolicy
from channel.ssrf_guard import SsrfGuard


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionSettings:
    """What all sessions share."""

    send_timeout: float  #: Seconds for one request.
    connect_timeout: float  #: Seconds for one connection.
    proxies: frozenset[tuple[str, int]] = frozenset()  #: Host and port of those that the environment names.
    traces: tuple[aiohttp.TraceConfig, ...] = ()  #: What is told of each request.


def open_session(
    settings: SessionSettings, connector: aiohttp.TCPConnector | None = None
) -> aiohttp.ClientSession:
    """Return a session on *connector*, by default on one without restrictions."""
    timeout = aiohttp.ClientTimeout(
        total=settings.send_timeout,
        # Including the wait for a connection of the pool: when that is over, nothing was written.
        connect=2 / 3 * settings.send_timeout,
        sock_connect=settings.connect_timeout,
    )
    return aiohttp.ClientSession(
        connector=connector or aiohttp.TCPConnector(),
        timeout=timeout,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=bool(settings.proxies),  # aiohttp looks through the environment at each request.
        trace_configs=list(settings.traces),
    )


def open_channel_session(settings: SessionSettings, service_urls: ServiceUrlPolicy) -> aiohttp.ClientSession:
    """
    Return a session that connects to public addresses, to hosts that *service_urls* names, and to proxies.

    What a proxy connects to is the proxy's to check. The bot still sends only to service URLs that
    *service_urls* allows.
    """

    def may_be_inside(host: str, port: int) -> bool:
        return (host, port) in settings.proxies or service_urls.may_be_inside(host, port)

    guard = SsrfGuard(
        may_be_inside=may_be_inside,
        advice="name it in SERVICE_URL_HOSTS",
        loopback=service_urls.allows_loopback,
        limit=1024,
        limit_per_host=256,
        ttl_dns_cache=300,
    )
    return open_session(settings, guard)
