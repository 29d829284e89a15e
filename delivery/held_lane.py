"""A lane that a worker holds by lease."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from jobs.notice import Claim

T = TypeVar("T")


class HeldLane:
    """
    The claim of one delivery task, its lease, and a way to stop the task without cancelling a write.

    A cancelled write may still have taken effect, and then it is unknown whether the notice is settled.
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
        Return the result of *write*. An interruption during the write takes effect after it.

        It takes effect even if *write* fails, so that a broken database does not delay the shutdown.
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
