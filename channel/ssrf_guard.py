"""Keeps requests to addresses that come from outside out of the inner network (SSRF)."""

import errno
from collections.abc import Callable, Sequence

import aiohttp
from aiohttp.abc import ResolveResult

from channel.connections import BoundedConnector
from network_names import is_loopback, is_public


class InnerAddress(OSError):
    """A host has no address on the internet, and *setting* does not name it."""

    def __init__(self, host: str, setting: str) -> None:
        text = f"{host} is in the inner network: name it in {setting} if the bot may send there"
        super().__init__(errno.EACCES, text)


class SsrfGuard(BoundedConnector):
    """
    Connects to addresses on the internet, to the hosts that the operator named, and to nothing else.

    The check is made on the addresses that are connected to. One made before would be worth nothing: the
    owner of a name can have it resolve elsewhere a moment later (DNS rebinding). A connection that is
    kept alive has passed it.

    Source: https://docs.aiohttp.org/en/stable/client_middleware_cookbook.html#server-side-request-forgery-protection
    """

    def __init__(
        self,
        *,
        may_be_inside: Callable[[str, int], bool],
        setting: str,
        loopback: bool = False,
        resolver: aiohttp.abc.AbstractResolver | None = None,
        limit: int = 100,
        limit_per_host: int = 0,
        ttl_dns_cache: int | None = 10,
    ) -> None:
        """
        Let a host and port be in the inner network if *may_be_inside* says so; *setting* names such hosts.

        With *loopback*, `localhost` and loopback addresses are connected to as well, but no other name that
        resolves to one.
        """
        super().__init__(
            resolver=resolver, limit=limit, limit_per_host=limit_per_host, ttl_dns_cache=ttl_dns_cache
        )
        self._may_be_inside = may_be_inside
        self._setting = setting
        self._loopback = loopback

    async def _resolve_host(
        self, host: str, port: int, traces: Sequence[aiohttp.tracing.Trace] | None = None
    ) -> list[ResolveResult]:
        """Return the addresses of *host* that may be connected to; aiohttp asks for each new connection."""
        found = await super()._resolve_host(host, port, traces)
        if self._may_be_inside(host, port):
            return found
        is_allowed = is_loopback if self._loopback and is_loopback(host) else is_public
        allowed = [each for each in found if is_allowed(each["host"])]
        if not allowed:
            raise InnerAddress(host, self._setting)
        return allowed
