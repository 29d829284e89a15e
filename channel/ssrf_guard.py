"""Protection against SSRF: requests to addresses from outside must not reach the internal network."""

import errno
from collections.abc import Callable, Sequence

import aiohttp
from aiohttp.abc import ResolveResult

from channel.connections import BoundedConnector
from network_names import is_loopback, is_public


class InnerAddress(OSError):
    """A host has no public address, and the bot may not send there; *advice* says how to allow it."""

    def __init__(self, host: str, advice: str) -> None:
        text = f"{host} is in the internal network: {advice} if the bot may send there"
        super().__init__(errno.EACCES, text)


class SsrfGuard(BoundedConnector):
    """
    Connects only to public addresses and to the hosts that the operator named.

    The check uses the addresses that are then connected to. An earlier check would be useless: the owner of a
    name can make it resolve to another address a moment later (DNS rebinding). Kept-alive connections were
    checked when they were opened.

    Source: https://docs.aiohttp.org/en/stable/client_middleware_cookbook.html#server-side-request-forgery-protection
    """

    def __init__(
        self,
        *,
        may_be_inside: Callable[[str, int], bool],
        advice: str,
        loopback: bool = False,
        resolver: aiohttp.abc.AbstractResolver | None = None,
        limit: int = 100,
        limit_per_host: int = 0,
        ttl_dns_cache: int | None = 10,
    ) -> None:
        """
        Allow internal addresses for a host and port if *may_be_inside* returns True; *advice* says how to
        allow more.

        With *loopback*, `localhost` and loopback addresses are allowed as well, but no other name that
        resolves to one.
        """
        super().__init__(
            resolver=resolver, limit=limit, limit_per_host=limit_per_host, ttl_dns_cache=ttl_dns_cache
        )
        self._may_be_inside = may_be_inside
        self._advice = advice
        self._loopback = loopback

    async def _resolve_host(
        self, host: str, port: int, traces: Sequence[aiohttp.tracing.Trace] | None = None
    ) -> list[ResolveResult]:
        """Return the allowed addresses of *host*; aiohttp calls this for each new connection."""
        found = await super()._resolve_host(host, port, traces)
        if self._may_be_inside(host, port):
            return found
        is_allowed = is_loopback if self._loopback and is_loopback(host) else is_public
        allowed = [each for each in found if is_allowed(each["host"])]
        if not allowed:
            raise InnerAddress(host, self._advice)
        return allowed
