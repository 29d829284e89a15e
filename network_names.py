"""Classify host names and IP addresses without network access."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

#: IPv4 addresses that lead to no public host. The `is_global` of `ipaddress` differs between Python versions.
#:
#: Sources: https://www.iana.org/assignments/iana-ipv4-special-registry, and for the last one
#: https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
_NOT_PUBLIC_V4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # This host.
            "10.0.0.0/8",  # Private.
            "100.64.0.0/10",  # Carrier-grade NAT, and Alibaba Cloud's metadata.
            "127.0.0.0/8",  # Loopback.
            "169.254.0.0/16",  # Link-local, and the metadata of most clouds.
            "172.16.0.0/12",  # Private.
            "192.0.0.0/24",  # IETF protocols, and Oracle Cloud's metadata.
            "192.0.2.0/24",  # Documentation.
            "192.88.99.0/24",  # Relays of 6to4.
            "192.168.0.0/16",  # Private.
            "198.18.0.0/15",  # Benchmarks.
            "198.51.100.0/24",  # Documentation.
            "203.0.113.0/24",  # Documentation.
            "224.0.0.0/4",  # Multicast.
            "240.0.0.0/4",  # Reserved, and broadcast.
            "168.63.129.16/32",  # Looks public: the host of every virtual machine in Azure.
        ),
    )
)

#: All IPv6 addresses assigned to the internet; all others are local, multicast or unassigned.
#: Source: https://www.iana.org/assignments/ipv6-address-space
_GLOBAL_UNICAST = IPv6Network("2000::/3")

#: Source: https://www.iana.org/assignments/iana-ipv6-special-registry
_NOT_PUBLIC_V6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # IETF protocols, such as Teredo.
            "2001:db8::/32",  # Documentation.
            "2002::/16",  # 6to4.
            "3fff::/20",  # Documentation.
        ),
    )
)

#: IPv4 addresses in the last 32 bits, as DNS64 writes them on networks without IPv4 (RFC 6052).
_NAT64 = IPv6Network("64:ff9b::/96")


def is_loopback(host: str) -> bool:
    """Return True for 127.0.0.0/8, ::1 and `localhost`, False for IPv4-mapped IPv6 (`::ffff:127.0.0.1`)."""
    if host == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback and getattr(address, "ipv4_mapped", None) is None


def is_public(address: str) -> bool:
    """
    Return whether *address* is a public internet address.

    False for loopback, private, link-local, carrier-grade NAT, multicast, documentation and reserved
    addresses, for IPv4 in IPv6 (mapped, 6to4, Teredo; for NAT64 the IPv4 address decides), and for text that
    is not an IP address.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address):
        if parsed not in _NAT64:
            return parsed in _GLOBAL_UNICAST and not any(parsed in network for network in _NOT_PUBLIC_V6)
        parsed = IPv4Address(int(parsed) & 0xFFFF_FFFF)
    return not any(parsed in network for network in _NOT_PUBLIC_V4)


@lru_cache(1024)  # Called for each send.
def host_of(url: str) -> str:
    """
    Return ``host[:port]`` of a normalised URL in lower case; it identifies a server.

    A fragment, such as the mark of `state.addresses`, is no part of it.
    """
    return url.partition("#")[0].partition("://")[2].partition("/")[0].lower()
