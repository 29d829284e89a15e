"""
What changes on open boards: one look a second for all of them, and to each only the rows that differ.

Nothing is asked while no board is open.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import orjson

from delivery.rounds import logged_failures
from jobs.job import JobId, JobReport
from lru_map import LruMap

#: Rows by key, in their order.
Rows = dict[str, str]

#: Returns the first page of one kind.
Look = Callable[[], Awaitable[Rows]]

#: Looks that wait for a board that reads slowly; one that is further behind is let go, and begins anew.
_BEHIND = 32

#: Rows of jobs that are remembered as they were made.
_MADE = 5_000


class Board:
    """One open board."""

    def __init__(self, shows: str, follows: Collection[JobId]) -> None:
        """Show the first page *shows*, if there is such a kind; otherwise these jobs."""
        self.shows = shows
        self.follows = frozenset(follows)
        self.queue: asyncio.Queue[tuple[str, str] | None] = asyncio.Queue()
        self._counts: Mapping[str, str] = {}
        self._rows: Rows | None = None

    def update(self, counts: Mapping[str, str], rows: Rows | None, *, whole: bool) -> None:
        """Queue what differs from what the board shows; *rows* are a page if that is *whole*."""
        if counts != self._counts:
            self._counts = counts
            self._say("counts", counts)
        if rows is None or rows == self._rows:
            return
        old = self._rows or {}
        differing = {key: row for key, row in rows.items() if old.get(key) != row}
        moved = self._rows is None or list(old) != list(rows)
        self._say("rows", {"order": list(rows) if whole and moved else None, "rows": differing})
        self._rows = rows

    def _say(self, event: str, said: Any) -> None:
        self.queue.put_nowait((event, orjson.dumps(said).decode()))


class BoardFeed:
    """Looks, and tells open boards."""

    def __init__(
        self,
        *,
        counts: Callable[[], Awaitable[Mapping[str, str]]],
        looks: Mapping[str, Look],
        reports: Callable[[Sequence[JobId]], Awaitable[Mapping[JobId, JobReport]]],
        make_row: Callable[[JobReport], str],
        every: timedelta = timedelta(seconds=1),
    ) -> None:
        """Look *every* so often; *looks* are the first pages by kind, *reports* finds jobs by number."""
        self._ask_counts = counts
        self._looks = looks
        self._ask_reports = reports
        self._make_row = make_row
        self._every = every.total_seconds()
        self._boards: set[Board] = set()
        self._looking: asyncio.Task[None] | None = None
        self._closed = False
        self._made: LruMap[JobReport, str] = LruMap(_MADE)

    def __len__(self) -> int:
        """The number of open boards."""
        return len(self._boards)

    def row(self, report: JobReport) -> str:
        """Return the row of a job, made once as long as the job stays as it is."""
        made = self._made.get(report)
        if made is None:
            made = self._make_row(report)
            self._made.put(report, made)
        return made

    async def news(self, shows: str, follows: Collection[JobId]) -> AsyncGenerator[tuple[str, str], None]:
        """Yield events, name and JSON, for a board; it ends when the board is too slow, or the bot stops."""
        board = Board(shows, follows)
        with self._open(board):
            while not self._closed and (event := await board.queue.get()) is not None:
                yield event

    async def close(self) -> None:
        """Let all boards go, also those that come now."""
        self._closed = True
        for board in self._boards:
            board.queue.put_nowait(None)
        if self._looking is not None:
            self._looking.cancel()
            with suppress(asyncio.CancelledError):
                await self._looking

    @contextmanager
    def _open(self, board: Board) -> Iterator[None]:
        self._boards.add(board)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_on(), name="look for open boards")
        try:
            yield
        finally:
            self._boards.discard(board)

    async def _look_on(self) -> None:
        while self._boards:
            with logged_failures("look for open boards"):
                await self.look()
            await asyncio.sleep(self._every)

    async def look(self) -> None:
        """Look once, and tell each board what differs."""
        counts = await self._ask_counts()
        kinds = {board.shows for board in self._boards if board.shows in self._looks}
        pages = {kind: await self._looks[kind]() for kind in kinds}
        followed = {job_id for board in self._boards for job_id in board.follows}
        found = await self._ask_reports(sorted(followed))
        rows = {job_id: self.row(report) for job_id, report in found.items()}
        for board in list(self._boards):
            if board.queue.qsize() >= _BEHIND:
                self._boards.discard(board)
                board.queue.put_nowait(None)
            elif board.shows in pages:
                board.update(counts, pages[board.shows], whole=True)
            else:
                of_board = {str(each): rows[each] for each in sorted(board.follows) if each in rows}
                board.update(counts, of_board or None, whole=False)
