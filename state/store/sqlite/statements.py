"""Single statements on SQLite."""

from sqlite3 import Cursor

from state.store.sqlite.group_commit import GroupCommit
from state.store.statements import Row, Statements


class SqliteStatements(Statements):
    """Reads with other readers, and writes with the other writes of the moment."""

    def __init__(self, group: GroupCommit, readers: GroupCommit) -> None:
        self._group = group
        self._readers = readers

    async def fetch(self, statement: str, *values: object) -> list[Row]:
        return await self._readers.read(lambda cursor: _rows(cursor, statement, values))

    async def write(self, statement: str, *values: object) -> list[Row]:
        return await self._group.write(lambda cursor: _rows(cursor, statement, values))


def _rows(cursor: Cursor, statement: str, values: tuple[object, ...]) -> list[Row]:
    return list(cursor.execute(statement, numbered(*values)).fetchall())


def numbered(*values: object) -> dict[str, object]:
    """Return *values* for the parameters ``?1``, ``?2`` and so on, which Python 3.14 takes by name only."""
    return {str(place): value for place, value in enumerate(values, 1)}
