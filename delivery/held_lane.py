"""A lane in a worker's hands."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from jobs.notice import Claim

T = TypeVar("T")


class HeldLane:
    """
    What one task holds, until when, and how to stop that task without breaking off what it writes.

    A write that is cancelled may have happened all the same: then nobody knows whether the user was told.
    """

    def __init__(
        self, claim: Claim, deliver: Callable[["HeldLane"], Coroutine[Any, Any, None]], *, fresh: bool
    ) -> None:
        """Hold *claim*, and run *deliver* in a task of its own; *fresh*: it is not of a backlog."""
        self.fresh = fresh
        self.follow(claim)
        self._writing = False
        self._interrupted = False
        self.task = asyncio.create_task(deliver(self), name=f"deliver {claim.lane}")

    def follow(self, claim: Claim) -> None:
        """Hold *claim*, on what comes next in the same lane."""
        self.claim = claim
        self.leased_until = claim.leased_until  #: Moved on by renewals.

    async def write(self, write: Awaitable[T]) -> T:
        """
        Return what *write* comes to. An interruption meanwhile takes effect when it is over.

        It does so even if *write* fails: whoever told us to stop is not to be kept waiting by a broken
        database.
        """
        self._writing = True
        try:
            return await write
        finally:
            self._writing = False
            if self._interrupted:
                raise asyncio.CancelledError

    def interrupt(self) -> None:
        """Cancel the task, but not what it is writing."""
        if self._writing:
            self._interrupted = True
        else:
            self.task.cancel()
