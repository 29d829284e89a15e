"""The service hosts that this process has recently sent to."""

from collections import OrderedDict
from collections.abc import Callable

from delivery.hosts.service_host import ServiceHost
from network_names import host_of

#: Hosts remembered at most, besides those in use; the one that was not asked for longest goes first.
_KEPT = 256


class ServiceHosts:
    """Service hosts by name. A bot meets a handful, but their names come from outside."""

    def __init__(self, *, time: Callable[[], float]) -> None:
        """Count seconds by *time*, which never goes back."""
        self._time = time
        self._hosts: OrderedDict[str, ServiceHost] = OrderedDict()

    def at(self, service_url: str) -> ServiceHost:
        """Return the host that *service_url* names."""
        name = host_of(service_url)
        host = self._hosts.get(name)
        if host is None:
            host = self._hosts[name] = ServiceHost(name, time=self._time)
            self._forget_idle()
        self._hosts.move_to_end(name)
        return host

    def __len__(self) -> int:
        """The number of hosts remembered."""
        return len(self._hosts)

    def _forget_idle(self) -> None:
        if len(self._hosts) > _KEPT:
            idle = next((name for name, host in self._hosts.items() if not host.in_use), None)
            if idle is not None:
                del self._hosts[idle]
