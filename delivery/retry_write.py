"""Writing down what has happened, come what may."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from state.errors import StoreUnavailable

T = TypeVar("T")

#: Seconds between tries to write what must not be lost; each try may wait for the database as well.
_PAUSES = (0.1, 0.4, 1.6)

_log = logging.getLogger(__name__)


async def retry_write(write: Callable[[], Awaitable[T]]) -> T:
    """
    Return what *write* returns, tried again while the store is not available; at last that is raised.

    *write* is for a message that the user has: what is not written is sent once more.
    """
    for pause in _PAUSES:
        try:
            return await write()
        except StoreUnavailable as error:
            _log.warning("Cannot write what was sent, trying again: %s", error)
            await asyncio.sleep(pause)
    return await write()
