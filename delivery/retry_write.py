"""Repeat a write that must not be lost."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import chain, repeat
from typing import TypeVar

from state.errors import LeaseLost, StoreUnavailable

T = TypeVar("T")

#: Seconds between attempts; each attempt may also wait for the database. The last one is repeated.
_PAUSES = (0.1, 0.4, 1.6)
_LONG_PAUSE = 5.0

_log = logging.getLogger(__name__)


async def retry_write(write: Callable[[], Awaitable[T]]) -> T:
    """
    Return the result of *write*; repeat it as long as the store is unavailable.

    Use it to settle a message that the user has received: if the write is lost, the message is sent again. A
    caller that is cancelled between two attempts makes a last one.
    """
    pauses = chain(_PAUSES, repeat(_LONG_PAUSE))
    while True:
        try:
            return await write()
        except StoreUnavailable as error:
            pause = next(pauses)
            _log.warning("Cannot write what was sent, trying again in %s s: %s", pause, error)
        try:
            await asyncio.sleep(pause)
        except asyncio.CancelledError:
            with suppress(StoreUnavailable, LeaseLost):
                await write()
            raise
