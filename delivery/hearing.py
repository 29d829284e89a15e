"""Signs of life from conversations, looked at together: a turn does not wait for it."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

from delivery.ports import Outbox
from state.errors import StoreUnavailable
from state.lanes import Heard, LaneKey

_log = logging.getLogger(__name__)

#: Seconds over which signs are gathered, so that under load one look serves many turns.
_GATHER = 0.1


class Hearing:
    """
    Keeps service URLs fresh and opens parked lanes.

    Almost no sign changes anything; finding that out is one read for all that came in meanwhile. A sign that
    a crash swallowed is made up for by the next one.
    """

    def __init__(self, outbox: Outbox, *, opened: Callable[[], None]) -> None:
        """Note what is heard in *outbox*; call *opened* when lanes may be due because of it."""
        self._outbox = outbox
        self._opened = opened
        self._noted: dict[LaneKey, Heard] = {}
        self._any = asyncio.Event()

    def note(self, heard: Heard) -> None:
        """Take note of *heard*."""
        before = self._noted.get(heard.lane)
        if before is not None and before.speaks and not heard.leaves:
            heard = replace(heard, speaks=True)
        self._noted[heard.lane] = heard
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
            if noted and await self._outbox.hear(list(noted.values())):
                self._opened()
        except StoreUnavailable as error:
            _log.warning("Cannot note where conversations are heard from: %s", error)
