"""
The policy for service URLs, which come from outside with every activity.

A URL is checked when an activity names it, and again at each send, because the settings may have changed
since it was stored. The IP addresses of its host are checked on connecting (`channel.ssrf_guard`).
"""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from network_names import is_loopback
from state.addresses import VouchedBy

#: Hosts of the Bot Framework's channels, in the public and the US government clouds; a leading dot matches
#: all subdomains. Anyone can register a name under trafficmanager.net, so those names are exact.
#:
#: Sources:
#: https://microsoft.github.io/teams-sdk/python/essentials/app-configuration/service-url-validation (Teams)
#: https://learn.microsoft.com/azure/bot-service/bot-service-resources-faq-security (`*.botframework.com`)
#: https://learn.microsoft.com/azure/bot-service/how-to-deploy-gov-cloud-high (`*.botframework.azure.us`)
KNOWN_HOSTS = (
    ".botframework.com",
    ".botframework.azure.us",
    "smba.trafficmanager.net",
    "smba.onyx.prod.teams.trafficmanager.net",
    "smba.infra.gcc.teams.microsoft.com",
    "smba.infra.gov.teams.microsoft.us",
    "smba.infra.dod.teams.microsoft.us",
)

#: Size of the LRU cache of accepted URLs, of at most 2,048 characters each. Few channels call, each very
#: often.
_REMEMBERED = 256

_DEFAULT_PORTS = {"http": 80, "https": 443}

#: Without user, query, fragment, backslash, space and non-ASCII letters (such names are written as `xn--`).
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>(?:/[a-z0-9._~!$&'()*+,;=:@%-]*)*)",
    re.IGNORECASE | re.ASCII,
)
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_DOTS = re.compile(r"(\.|%2e){1,2}", re.IGNORECASE)


class RefusedServiceUrl(Exception):
    """The bot must not send there. The message, for the log, has the reason and the setting, not the URL."""


@dataclass(frozen=True, slots=True)
class _Origin:
    scheme: str
    host: str  #: In lower case; an IPv6 address without its brackets.
    port: int | None  #: In a rule, None means any port.

    def covers(self, other: "_Origin") -> bool:
        return (self.scheme, self.host) == (other.scheme, other.host) and self.port in (None, other.port)


class ServiceUrlPolicy:
    """
    Decides where the bot may send.

    With *authentication*: https, to port 443 of the Bot Framework's hosts or to a host that a channel's token
    vouches for. Without, only this machine, because any caller may name a service URL. *extra_hosts* are
    allowed in both cases, each `host` (https, any port) or `scheme://host[:port]` (any port if none is
    given).

    With *emulator_on_this_machine* loopback addresses are allowed for the Emulator, which is identified by
    the bot's own app id and listens there. Use it only if no other machine can reach the server: a caller
    with the bot's password could make the bot send requests to services of this machine.

    Raise `ValueError` for an extra host in another form.
    """

    def __init__(
        self,
        *,
        authentication: bool,
        extra_hosts: Iterable[str] = (),
        emulator_on_this_machine: bool = False,
    ) -> None:
        self._authentication = authentication
        self._emulator_on_this_machine = authentication and emulator_on_this_machine
        self._extra = tuple(_parse_rule(text) for text in extra_hosts)
        self._checked = lru_cache(_REMEMBERED)(self._check)  # Refusals are exceptions and not cached.

    def check(self, url: str, vouched_by: VouchedBy) -> str:
        """
        Return *url* normalised: lower case up to the path, without default port and trailing slash.

        Raise `RefusedServiceUrl` if the bot must not send there.
        """
        return self._checked(url, vouched_by)

    def may_be_inside(self, host: str, port: int) -> bool:
        """Return whether the operator named *host*, which then may have a private address."""
        return any(rule.host == host and rule.port in (None, port) for rule in self._extra)

    @property
    def allows_loopback(self) -> bool:
        """Whether service URLs on this machine are allowed without an entry in *extra_hosts*."""
        return not self._authentication or self._emulator_on_this_machine

    def _check(self, url: str, vouched_by: VouchedBy) -> str:
        origin, path = _parse(url)
        if not self._is_named(origin) and (objection := self._objection(origin, vouched_by)):
            raise RefusedServiceUrl(f"{objection}, and SERVICE_URL_HOSTS does not name it")
        return _plain(origin, path)

    def _is_named(self, origin: _Origin) -> bool:
        return any(rule.covers(origin) for rule in self._extra)

    def _objection(self, origin: _Origin, vouched_by: VouchedBy) -> str | None:
        """Return why the bot must not send to *origin*, which is not in *extra_hosts*; None if it may."""
        if not self._authentication:
            answered = is_loopback(origin.host)
            return None if answered else "without authentication only this machine is answered"
        if self._emulator_on_this_machine and vouched_by is VouchedBy.EMULATOR and is_loopback(origin.host):
            return None
        if origin.scheme != "https":
            return "not https"
        if not _is_name(origin.host):
            return "an address, not the name of a host"
        if vouched_by is not VouchedBy.CHANNEL and not _is_known(origin):
            return "not a host of the Bot Framework, and no token of a channel vouches for it"
        return None


def _parse_rule(text: str) -> _Origin:
    scheme, separator, rest = text.removesuffix("/").rpartition("://")
    names_port = re.search(r":[0-9]+$", rest) is not None
    try:
        origin, path = _parse(f"{scheme or 'https'}://{rest}")
    except RefusedServiceUrl as error:
        raise ValueError(f"{text!r} is neither a host nor scheme://host[:port]: {error}") from None
    if path or (names_port and not separator):
        raise ValueError(f"{text!r} is neither a host nor scheme://host[:port]")
    return origin if names_port else replace(origin, port=None)


def _parse(url: str) -> tuple[_Origin, str]:
    match = _URL.fullmatch(url) if len(url) <= 2048 else None
    if match is None:
        raise RefusedServiceUrl("malformed")
    scheme, host = match["scheme"].lower(), _parse_host(match["host"].lower())
    port = int(match["port"]) if match["port"] else _DEFAULT_PORTS[scheme]
    if not 0 < port < 65536:
        raise RefusedServiceUrl("no such port")
    path = match["path"].rstrip("/")
    if any(_DOTS.fullmatch(segment) for segment in path.split("/")):
        raise RefusedServiceUrl("dots in its path")
    return _Origin(scheme, host, port), path


def _parse_host(text: str) -> str:
    """
    Return a host name unchanged, and an IP address in its canonical form.

    A host whose last label is a number is an IPv4 address. Some resolvers also read octal, hexadecimal or
    shortened forms: 0177.1, 0x7f000001 and 2130706433 are all 127.0.0.1. Only four decimal numbers are
    accepted.

    Source: https://url.spec.whatwg.org/#ends-in-a-number-checker
    """
    labels = text.split(".")
    try:
        if text.startswith("["):
            return str(ipaddress.IPv6Address(text[1:-1]))
        if _NUMBER.fullmatch(labels[-1]):
            return str(ipaddress.IPv4Address(text))
    except ValueError:
        raise RefusedServiceUrl("an address in an odd spelling") from None
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise RefusedServiceUrl("malformed host name")
    return text


def _is_name(host: str) -> bool:
    """Return whether *host* is a fully qualified name: not an address, and not a name without a dot."""
    return ":" not in host and "." in host and not host.rsplit(".", 1)[1].isdigit()


def _is_known(origin: _Origin) -> bool:
    return origin.port == _DEFAULT_PORTS["https"] and any(
        origin.host.endswith(known) if known.startswith(".") else origin.host == known
        for known in KNOWN_HOSTS
    )


def _plain(origin: _Origin, path: str) -> str:
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    port = "" if origin.port == _DEFAULT_PORTS[origin.scheme] else f":{origin.port}"
    return f"{origin.scheme}://{host}{port}{path}"
