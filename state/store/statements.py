"""
Single statements that read the same on both databases, for what operators ask.

Parameters are ``?1``, ``?2`` and so on. Each statement is a transaction of its own: these are rare, and none
has to fit another.
"""

from collections.abc import Sequence
from typing import Any, Protocol

Row = Sequence[Any]


class Statements(Protocol):
    """Runs statements. Both methods raise `StoreUnavailable`."""

    async def fetch(self, statement: str, *values: object) -> list[Row]:
        """Return the rows that *statement* reads."""

    async def write(self, statement: str, *values: object) -> list[Row]:
        """Run *statement*, which writes; return the rows that it returns."""
