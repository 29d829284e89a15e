"""The rounds of endless tasks: log what fails in one, and notice a task that completes none any more."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from typing import Any

from delivery.meter import Completed, unmeasured
from state.errors import StoreUnavailable

_log = logging.getLogger(__name__)


class RoundsOverdue(Exception):
    """An endless task has not completed a round for too long."""


@contextmanager
def logged_failures(task: str, completed: Completed = unmeasured) -> Iterator[None]:
    """
    Run a part of an endless *task*, such as ``look for due notices``; an error is logged and ends it.

    Without an error *completed* is told so.
    """
    try:
        yield
        completed(task)
    except StoreUnavailable as error:
        _log.warning("Cannot %s: %s", task, error)
    except Exception:
        _log.exception("Cannot %s", task)


@asynccontextmanager
async def beside(task: Coroutine[Any, Any, None], name: str) -> AsyncIterator[None]:
    """Run an endless *task* while the body runs; then it is cancelled and awaited."""
    running = asyncio.create_task(task, name=name)
    try:
        yield
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


class Rounds:
    """When each endless task last completed a round."""

    def __init__(
        self, patience: timedelta, *, time: Callable[[], float], completed: Completed = unmeasured
    ) -> None:
        """
        A task is overdue after *patience* without a completed round; *time* is monotonic, in seconds.

        *completed* is told of each completed round, and of the begin.
        """
        self._completed = completed
        self._patience = patience
        self._time = time
        self._completed_at: dict[str, float] = {}
        self._overdue: set[str] = set()

    def begin(self, *tasks: str) -> None:
        """Count from now for *tasks*."""
        self._completed_at = dict.fromkeys(tasks, self._time())
        for task in tasks:
            self._completed(task)

    @contextmanager
    def round(self, task: str) -> Iterator[None]:
        """Run one round of *task*; an error is logged and ends this round only."""
        self._report_overdue()
        with logged_failures(task, self._completed):
            yield
            self._completed_at[task] = self._time()

    def check(self) -> None:
        """Raise `RoundsOverdue` if a task is overdue."""
        if overdue := self._find_overdue():
            raise RoundsOverdue(f"for {self._patience} the bot did not {' or '.join(sorted(overdue))}")

    def _find_overdue(self) -> set[str]:
        latest = self._time() - self._patience.total_seconds()
        return {task for task, completed_at in self._completed_at.items() if completed_at < latest}

    def _report_overdue(self) -> None:
        """Log a task that has become overdue, once; any other task's round notices that it hangs."""
        overdue = self._find_overdue()
        for task in overdue - self._overdue:
            _log.error("Could not %s for %s: notices are not delivered", task, self._patience)
        self._overdue = overdue
