"""Signs of life from conversations, written in batches, so that a turn does not wait for the store."""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta

from jobs.lane import Heard, LaneKey
from state.errors import StoreUnavailable
from state.store.port import Outbox

_log = logging.getLogger(__name__)

#: Seconds over which signs are collected, so that under load one read serves many turns.
_GATHER = 0.1


class ContactSignals:
    """
    Keeps stored service URLs current and opens parked lanes.

    Most signs change nothing; one read checks all that have been collected. If a crash loses a sign, the
    conversation's next one has the same effect.
    """

    def __init__(self, outbox: Outbox, *, opened: Callable[[], None]) -> None:
        """Write signs to *outbox*; call *opened* when lanes may have become due."""
        self._outbox = outbox
        self._opened = opened
        self._noted: dict[LaneKey, tuple[Heard, float]] = {}  # With when it spoke, on the loop's clock.
        self._any = asyncio.Event()

    def note(self, heard: Heard) -> None:
        """Collect *heard* for the next batch."""
        at = asyncio.get_running_loop().time()
        before, spoke_at = self._noted.get(heard.lane, (None, at))
        if before is not None and before.speaks and not (heard.speaks or heard.leaves):
            heard, at = heard._replace(speaks=True), spoke_at
        self._noted[heard.lane] = heard, at
        self._any.set()

    async def run(self) -> None:
        """Write the collected signs in batches, until cancelled."""
        while True:
            await self._any.wait()
            await asyncio.sleep(_GATHER)
            await self.look()

    async def look(self) -> None:
        """Write the signs collected so far."""
        noted, self._noted = self._noted, {}
        self._any.clear()
        try:
            now = asyncio.get_running_loop().time()
            heard = [each._replace(ago=timedelta(seconds=now - at)) for each, at in noted.values()]
            if heard and await self._outbox.hear(heard):
                self._opened()
        except StoreUnavailable as error:
            _log.warning("Cannot store signs of life from conversations: %s", error)
