"""Rate limits for one tenant and for all tenants together."""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

from delivery.appointments import Appointments
from delivery.rate_limits.sliding_window import UNLIMITED, Limits, Pace, Window

#: Teams allows 50 requests a second per bot and tenant; the margin is for varying network delays.
#: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit#per-bot-per-thread-limit
TEAMS_PER_TENANT: Limits = (Window(50, timedelta(milliseconds=1100)),)

#: A shorter wait than this is waited for, by so many of one tenant at once.
_SHORT, _WAITING = timedelta(milliseconds=250), 8

#: No appointment is later: limits change, and clocks.
_LATEST = timedelta(hours=1)


class TenantRateLimiter:
    """
    Limits requests per tenant. It counts in one process, so the settings must divide the limits among
    replicas.

    It keeps only tenants with a request within the longest window. Only the overall limit applies to the
    empty tenant, which stands for channels without tenants.
    """

    def __init__(
        self,
        *,
        per_tenant: Limits = TEAMS_PER_TENANT,
        overall: Limits = UNLIMITED,
        clock: Callable[[], datetime],
    ) -> None:
        self._per_tenant = per_tenant
        self._overall = Pace(overall)
        self._has_overall_limit = bool(overall)
        self._clock = clock
        self._paces: dict[str, Pace] = {}  # The longest unused first.
        self._waiting: Counter[str] = Counter()
        self._appointments: OrderedDict[str | None, Appointments] = OrderedDict()  # None: of all together.
        self._tenant_rate = _slowest(per_tenant)
        self._overall_rate = _slowest(overall)

    async def soon(self, tenant: str) -> timedelta:
        """
        Return zero when a request of *tenant* may be tried, after a short wait if need be.

        Otherwise return how long to leave it alone: what has to wait longer comes again when its turn does,
        rather than be held meanwhile.
        """
        wait = self.wait(tenant)
        if not wait:
            return wait
        if put_off := self._put_off(tenant, wait):
            return put_off
        self._waiting[tenant] += 1
        try:
            await asyncio.sleep(wait.total_seconds())
        finally:
            self._waiting[tenant] -= 1
            if not self._waiting[tenant]:
                del self._waiting[tenant]
        return timedelta()

    def put_off(self, tenant: str) -> timedelta:
        """Return how long to leave a request of *tenant* alone; zero if it may go, or wait a little, here."""
        wait = self.wait(tenant)
        return self._put_off(tenant, wait) if wait else wait

    def _put_off(self, tenant: str, wait: timedelta) -> timedelta:
        if wait > _SHORT or self._waiting[tenant] >= _WAITING:
            return self._appointment(tenant, wait)
        return timedelta()

    def wait(self, tenant: str) -> timedelta:
        """Return how long a request of *tenant* has to wait, as things stand."""
        if not tenant and not self._has_overall_limit:
            return timedelta()
        now = self._clock()
        pace = self._paces.get(tenant)
        return max(now if pace is None else pace.earliest(now), self._overall.earliest(now)) - now

    def try_acquire(self, tenant: str) -> timedelta:
        """
        Count a request if it may go now and return zero; otherwise count nothing and return the wait.

        The wait reserves nothing: call again after it. (With reservations one tenant's backlog could use up
        the limit of all.)
        """
        if not tenant and not self._has_overall_limit:
            return timedelta()
        now = self._clock()
        pace = self._paces.get(tenant) or Pace(self._per_tenant if tenant else UNLIMITED)
        wait = max(pace.earliest(now), self._overall.earliest(now)) - now
        if wait > timedelta():
            return wait
        pace.record(now)
        self._overall.record(now)
        self._paces.pop(tenant, None)
        self._paces[tenant] = pace
        self._forget_idle(now)
        return wait

    def _appointment(self, tenant: str, wait: timedelta) -> timedelta:
        """Return when the next of those comes that have to wait longer than *wait*."""
        now, earliest = self._clock().timestamp(), wait.total_seconds()
        while self._appointments and next(iter(self._appointments.values())).over(now):
            self._appointments.popitem(last=False)
        made = earliest
        for who, rate in ((tenant, self._tenant_rate if tenant else None), (None, self._overall_rate)):
            if rate is not None:
                kept = self._appointments.setdefault(who, Appointments())
                self._appointments.move_to_end(who)
                made = max(made, kept.make(now, earliest=earliest, rate=rate))
        return min(timedelta(seconds=made), _LATEST)

    def __len__(self) -> int:
        """The number of tenants remembered."""
        return len(self._paces)

    def _forget_idle(self, now: datetime) -> None:
        while self._paces and (eldest := next(iter(self._paces))) and self._paces[eldest].idle(now):
            del self._paces[eldest]


def _slowest(limits: Limits) -> float | None:
    """Return how many a second *limits* let through in the long run; None if there are none."""
    return min((window.limit / window.length.total_seconds() for window in limits), default=None)
