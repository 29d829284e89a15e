"""What a store writes, and how to count it."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol


@dataclass(slots=True)
class Writes:
    """What was written while something was counted."""

    commits: int = 0
    pages: int = 0  #: Whole pages: on SQLite, those that commits changed; on PostgreSQL, images in the WAL.
    bytes: int = 0  #: In the write-ahead log, pages included.


class Log(Protocol):
    """A job log that turns are measured with."""

    @property
    def url(self) -> str: ...

    async def size(self) -> int:
        """Return the bytes on the disk."""
        ...

    def counting(self, writes: Writes) -> AbstractAsyncContextManager[None]:
        """Add to *writes* what is written in the meantime."""
        ...
