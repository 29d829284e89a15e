"""Rate limits for one tenant and for all tenants together."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from weakref import WeakValueDictionary

from delivery.rate_limits.sliding_window import UNLIMITED, Limits, Pace, Window

#: Teams allows 50 requests a second per bot and tenant; the margin is for varying network delays.
#: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit#per-bot-per-thread-limit
TEAMS_PER_TENANT: Limits = (Window(50, timedelta(milliseconds=1100)),)


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
        self._queues: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def acquire(self, tenant: str) -> None:
        """Wait until a request of *tenant* may go, and count it; first come, first served in each tenant."""
        wait = self.try_acquire(tenant) if tenant not in self._queues else None
        if wait is not None and not wait:
            return
        queue = self._queues.setdefault(tenant, asyncio.Lock())
        async with queue:
            while wait := self.try_acquire(tenant):  # noqa: ASYNC110  # Time is what we wait for.
                await asyncio.sleep(wait.total_seconds())

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

    def __len__(self) -> int:
        """The number of tenants remembered."""
        return len(self._paces)

    def _forget_idle(self, now: datetime) -> None:
        while self._paces and (eldest := next(iter(self._paces))) and self._paces[eldest].idle(now):
            del self._paces[eldest]
