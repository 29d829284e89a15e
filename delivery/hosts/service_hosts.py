"""The service hosts that this process has recently sent to."""

from collections.abc import Callable, Iterable, Mapping

from delivery.hosts.lane_stock import LaneStock
from delivery.hosts.service_host import ServiceHost
from lru_map import LruMap
from network_names import host_of

#: Hosts remembered at most, besides those in use; the one that was not asked for longest goes first.
_KEPT = 256


class ServiceHosts:
    """Service hosts by name. A bot meets a handful, but their names come from outside."""

    def __init__(self, *, time: Callable[[], float], stock: LaneStock | None = None) -> None:
        """Count seconds by *time*, which never goes back; let all hosts hold lanes out of *stock*."""
        self._time = time
        self._stock = stock or LaneStock()
        self._hosts: LruMap[str, ServiceHost] = LruMap(_KEPT, in_use=lambda host: host.in_use)

    def at(self, service_url: str | None) -> ServiceHost:
        """Return the host that *service_url* names; without one, where all go of which that is not known."""
        name = host_of(service_url or "")
        host = self._hosts.get(name)
        if host is None:
            host = ServiceHost(name, stock=self._stock, time=self._time)
            self._hosts.put(name, host)
        return host

    def in_use(self) -> Iterable[ServiceHost]:
        """Return the hosts that something is sent to."""
        return [host for host in self._hosts.values() if host.in_use]

    def left_alone(self) -> Mapping[str, bool]:
        """Return of each host that is remembered whether its circuit is open."""
        return {host.name: host.is_left_alone for host in self._hosts.values()}

    def __len__(self) -> int:
        """The number of hosts remembered."""
        return len(self._hosts)
