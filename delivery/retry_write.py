"""Retry a write that must not be lost."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from state.errors import StoreUnavailable

T = TypeVar("T")

#: Seconds between attempts; each attempt may also wait for the database.
_PAUSES = (0.1, 0.4, 1.6)

_log = logging.getLogger(__name__)


async def retry_write(write: Callable[[], Awaitable[T]]) -> T:
    """
    Return the result of *write*; retry while the store is unavailable, and finally raise `StoreUnavailable`.

    Use it to settle a message that the user has received: if the write is lost, the message is sent again.
    """
    for pause in _PAUSES:
        try:
            return await write()
        except StoreUnavailable as error:
            _log.warning("Cannot write what was sent, trying again: %s", error)
            await asyncio.sleep(pause)
    return await write()
