"""Where sends wait until their tenant, and all tenants together, may have another request."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from weakref import WeakValueDictionary

from delivery.tenants import TenantPace


class Turnstiles:
    """One queue for each tenant, first come first served; it is gone when nobody waits."""

    def __init__(self, pace: TenantPace, *, clock: Callable[[], datetime]) -> None:
        """Admit as *pace* does."""
        self._pace = pace
        self._clock = clock
        self._queues: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def admitted(self, tenant: str) -> None:
        """Wait until a request of *tenant* may go, and count it."""
        wait = self._pace.admit(tenant, self._clock()) if tenant not in self._queues else None
        if wait is not None and not wait:
            return
        queue = self._queues.setdefault(tenant, asyncio.Lock())
        async with queue:
            while wait := self._pace.admit(tenant, self._clock()):  # noqa: ASYNC110  # Time is what we wait for.
                await asyncio.sleep(wait.total_seconds())
