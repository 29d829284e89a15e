"""How many requests a second one tenant gets, and all of them together."""

from datetime import datetime, timedelta

from delivery.pacing import UNLIMITED, Limits, Pace, Window

#: Teams answers 50 requests a second per bot and tenant; the margin is for what the network shifts.
#: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit#per-bot-per-thread-limit
TEAMS_PER_TENANT: Limits = (Window(50, timedelta(milliseconds=1100)),)


class TenantPace:
    """
    Admits requests by tenant; it holds for one process, so replicas share the limits by their settings.

    It remembers those tenants alone that were admitted within the longest window. The empty tenant, of
    channels that have none, is held to the limits of all together only.
    """

    def __init__(self, *, per_tenant: Limits = TEAMS_PER_TENANT, overall: Limits = UNLIMITED) -> None:
        self._per_tenant = per_tenant
        self._overall = Pace(overall)
        self._anybody = not overall
        self._paces: dict[str, Pace] = {}  # The longest unused first.

    def admit(self, tenant: str, now: datetime) -> timedelta:
        """
        Count a request if it may go *now* and return zero; otherwise count nothing and return the wait.

        Nothing is promised for after the wait: ask again then. (Places given out ahead of time would let one
        tenant's backlog use up everybody's.)
        """
        if not tenant and self._anybody:
            return timedelta()
        pace = self._paces.get(tenant) or Pace(self._per_tenant if tenant else UNLIMITED)
        wait = max(pace.earliest(now), self._overall.earliest(now)) - now
        if wait > timedelta():
            return wait
        pace.record(now)
        self._overall.record(now)
        self._paces.pop(tenant, None)
        self._paces[tenant] = pace
        self._forget(now)
        return wait

    def __len__(self) -> int:
        """The number of tenants remembered."""
        return len(self._paces)

    def _forget(self, now: datetime) -> None:
        while self._paces and (eldest := next(iter(self._paces))) and self._paces[eldest].idle(now):
            del self._paces[eldest]
