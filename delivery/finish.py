"""Writing down what has happened, come what may."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def finish(write: Coroutine[Any, Any, T]) -> T:
    """
    Run *write* to its end although we may be cancelled meanwhile; the cancellation follows.

    It does so even if *write* fails: whoever told us to stop is not to be kept waiting by a broken database.
    """
    task = asyncio.create_task(write)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)
        raise
