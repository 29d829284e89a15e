"""Measures how late the event loop is, and looks at what changes without an event of its own."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

_log = logging.getLogger(__name__)

#: Seconds between two timers whose delay is measured.
_BEAT = 0.25

#: Beats between two looks.
_LOOK_EVERY = 4


@asynccontextmanager
async def pulse(stalled: Callable[[float], None], look: Callable[[], None]) -> AsyncIterator[None]:
    """While the body runs, tell *stalled* by how many seconds timers are late; call *look* each second."""
    beating = asyncio.create_task(_beat(stalled, look), name="measure the event loop")
    try:
        yield
    finally:
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating


async def _beat(stalled: Callable[[float], None], look: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    while True:
        try:
            look()
        except Exception:  # What is measured must not end the measuring.
            _log.exception("Cannot look at how busy the process is")
        for _ in range(_LOOK_EVERY):
            due = loop.time() + _BEAT
            await asyncio.sleep(_BEAT)
            stalled(max(0.0, loop.time() - due))
