"""How much of what is due in the outbox one process takes on."""

from collections import Counter
from collections.abc import Callable, Iterable

from delivery.hosts.adaptive_limit import START
from delivery.hosts.service_host import QUEUE
from delivery.hosts.service_hosts import ServiceHosts
from jobs.notice import Claim

#: Lanes taken without knowing whose they are: there may be others behind those of a host that is full. As
#: many as a host takes that nothing was sent to yet.
EXPLORED = START + QUEUE

#: Seconds between two explorations that find only lanes of hosts that are busy answering: doubled each time.
_SHORTEST, _LONGEST = 0.5, 8.0


class Backlog:
    """
    Room for lanes from the outbox: what the hosts in use would take, and some for those not known yet.

    At most *lanes* are held at once, so that a backlog stays in the database, however long it is. Lanes that
    a host has no room for are given back due later. If they would come back soon, because the host answers,
    no more of them are taken for a while.
    """

    def __init__(self, hosts: ServiceHosts, *, lanes: int, time: Callable[[], float]) -> None:
        """Count seconds by *time*."""
        self._hosts = hosts
        self._lanes = lanes
        self._time = time
        self._held = 0
        self._explore_at = 0.0
        self._pause = _SHORTEST

    @property
    def room(self) -> int:
        """How many lanes may be taken now."""
        known = sum(host.room for host in self._hosts.in_use())
        unknown = EXPLORED if self._time() >= self._explore_at else 0
        return min(self._lanes - self._held, known + unknown)

    @property
    def worth_a_look(self) -> bool:
        """Whether there is room for so many that claiming them pays."""
        return self.room >= max(1, min(self._lanes, QUEUE) // 2)

    def take(self, claims: Iterable[Claim]) -> None:
        """Count lanes that were taken together."""
        rooms: Counter[str] = Counter()
        useless = 0
        for claim in claims:
            self._held += 1
            host = self._hosts.at(claim.service_url)
            rooms[host.name] += 1
            if host.in_use and rooms[host.name] > host.room and not host.is_slow:
                useless += 1
        now = self._time()
        if useless > EXPLORED // 2:
            self._explore_at = now + self._pause
            self._pause = min(_LONGEST, 2 * self._pause)
        elif now >= self._explore_at:
            self._pause = _SHORTEST

    def give_back(self) -> None:
        """Count a lane that is no longer held."""
        self._held -= 1
