"""Statements for several rows at once."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from sqlite3 import Cursor
from typing import Any

import orjson


@lru_cache(1024)
def for_rows(statement: str, rows: int, columns: int) -> str:
    """Return *statement* with ``{rows}`` replaced by *rows* groups of *columns* parameters."""
    row = f"({', '.join('?' * columns)})"
    return statement.format(rows=", ".join([row] * rows))


def look_up(cursor: Cursor, statement: str, keys: Sequence[object]) -> list[list[Any]]:
    """
    Run *statement* with *keys* as its ``{rows}``; it returns a ``json_group_array`` of arrays.

    One row instead of many: for each row that is fetched, the thread would release the GIL once more.
    """
    return read_json(cursor, for_rows(statement, 1, len(keys)), keys)


def read_json(cursor: Cursor, statement: str, values: Sequence[object] | Mapping[str, object]) -> list[Any]:
    """Run *statement*, which returns one row with a JSON array, and return that array."""
    (document,) = cursor.execute(statement, values).fetchone()
    rows: list[Any] = orjson.loads(document)
    return rows


def as_json(rows: Sequence[object]) -> str:
    """Return *rows* as the argument of `json_each`."""
    return orjson.dumps(rows).decode()


def run_for_rows(cursor: Cursor, statement: str, rows: Sequence[Sequence[object]]) -> int:
    """Run *statement* once for all *rows*, if there are any; return how many rows it changed."""
    if not rows:
        return 0
    flat = [value for row in rows for value in row]
    return cursor.execute(for_rows(statement, len(rows), len(rows[0])), flat).rowcount
