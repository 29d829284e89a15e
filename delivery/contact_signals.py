"""Signs of life from conversations, looked at together: a turn does not wait for it."""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta

from jobs.lane import Heard, LaneKey
from state.errors import StoreUnavailable
from state.store.port import Outbox

_log = logging.getLogger(__name__)

#: Seconds over which signs are gathered, so that under load one look serves many turns.
_GATHER = 0.1


class ContactSignals:
    """
    Keeps service URLs fresh and opens parked lanes.

    Almost no sign changes anything; finding that out is one read for all that came in meanwhile. A sign that
    a crash swallowed is made up for by the next one.
    """

    def __init__(self, outbox: Outbox, *, opened: Callable[[], None]) -> None:
        """Note what is heard in *outbox*; call *opened* when lanes may be due because of it."""
        self._outbox = outbox
        self._opened = opened
        self._noted: dict[LaneKey, tuple[Heard, float]] = {}  # With when it spoke, on the loop's clock.
        self._any = asyncio.Event()

    def note(self, heard: Heard) -> None:
        """Take note of *heard*."""
        at = asyncio.get_running_loop().time()
        before, spoke_at = self._noted.get(heard.lane, (None, at))
        if before is not None and before.speaks and not (heard.speaks or heard.leaves):
            heard, at = heard._replace(speaks=True), spoke_at
        self._noted[heard.lane] = heard, at
        self._any.set()

    async def run(self) -> None:
        """Look at what was noted, until cancelled."""
        while True:
            await self._any.wait()
            await asyncio.sleep(_GATHER)
            await self.look()

    async def look(self) -> None:
        """Look at what was noted so far."""
        noted, self._noted = self._noted, {}
        self._any.clear()
        try:
            now = asyncio.get_running_loop().time()
            heard = [each._replace(ago=timedelta(seconds=now - at)) for each, at in noted.values()]
            if heard and await self._outbox.hear(heard):
                self._opened()
        except StoreUnavailable as error:
            _log.warning("Cannot note where conversations are heard from: %s", error)
