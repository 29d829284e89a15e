"""Statements for several rows at once."""

from collections.abc import Sequence
from functools import lru_cache
from sqlite3 import Cursor


@lru_cache(1024)
def for_rows(statement: str, rows: int, columns: int) -> str:
    """Return *statement* with ``{rows}`` filled in: so many parameters in parentheses, so many times."""
    row = f"({', '.join('?' * columns)})"
    return statement.format(rows=", ".join([row] * rows))


def run_for_rows(cursor: Cursor, statement: str, rows: Sequence[Sequence[object]]) -> int:
    """Run *statement* for all *rows* at once, if there are any; return how many it changed."""
    if not rows:
        return 0
    flat = [value for row in rows for value in row]
    return cursor.execute(for_rows(statement, len(rows), len(rows[0])), flat).rowcount
