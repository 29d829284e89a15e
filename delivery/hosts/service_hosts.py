"""The service hosts that this process has lately sent to."""

from collections.abc import Callable

from delivery.hosts.service_host import ServiceHost
from lru_map import LruMap
from network_names import host_of

#: Hosts remembered at most, besides those in use; the one that was not asked for longest goes first.
_KEPT = 256


class ServiceHosts:
    """Service hosts by name. A bot meets a handful, but their names come from outside."""

    def __init__(self, *, time: Callable[[], float]) -> None:
        """Count seconds by *time*, which never goes back."""
        self._time = time
        self._hosts: LruMap[str, ServiceHost] = LruMap(_KEPT, in_use=lambda host: host.in_use)

    def at(self, service_url: str) -> ServiceHost:
        """Return the host that *service_url* names."""
        name = host_of(service_url)
        host = self._hosts.get(name)
        if host is None:
            host = ServiceHost(name, time=self._time)
            self._hosts.put(name, host)
        return host

    def __len__(self) -> int:
        """The number of hosts remembered."""
        return len(self._hosts)
