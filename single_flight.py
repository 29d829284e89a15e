"""Single flight: of many callers that want the same thing at once, one fetches and all wait for that."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class SingleFlight:
    """
    Runs at most one fetch at a time, in a task of its own: a caller that is cancelled ends it for no other.

    The fetch keeps its result itself and handles its own errors. An exception that it raises reaches every
    caller that waits in `wait`.
    """

    def __init__(self, fetch: Callable[[], Coroutine[Any, Any, None]], *, name: str) -> None:
        """Run *fetch*, in a task called *name*."""
        self._fetch = fetch
        self._name = name
        self._task: asyncio.Task[None] | None = None

    @property
    def under_way(self) -> bool:
        """Whether a fetch runs now."""
        return self._task is not None

    def start(self) -> asyncio.Task[None]:
        """Start a fetch unless one is under way; return its task, which must not be awaited unshielded."""
        if self._task is None:
            self._task = asyncio.create_task(self._fetch(), name=self._name)
            self._task.add_done_callback(self._ended)
        return self._task

    async def wait(self) -> None:
        """Wait for the fetch under way, or start one and wait for that."""
        await asyncio.shield(self.start())

    async def close(self) -> None:
        """Cancel a fetch under way, and wait until it has ended."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def _ended(self, _: asyncio.Task[None]) -> None:
        self._task = None
