"""
SQLite cannot drop the constraint that made each activity start one job: its index becomes an ordinary one.

Where SQLite protects its own tables, as some systems' does, the jobs are copied into another table.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event

from state.store.schema import upgrade
from tests.fakes.dumps import restored

UNIQUE = ("jobs_once_per_activity", 1, "c")  # Of an index of ours, not of a constraint.


def protect(connection: sqlite3.Connection, _record: object) -> None:
    """Refuse to make SQLite's own tables writable."""

    def authorize(action: int, pragma: str | None, *_: object) -> int:
        asks = action == sqlite3.SQLITE_PRAGMA and pragma == "writable_schema"
        return sqlite3.SQLITE_DENY if asks else sqlite3.SQLITE_OK

    connection.set_authorizer(authorize)


def migrate(url: str, *, protected: bool) -> None:
    engine = create_engine(url)
    if protected:
        event.listen(engine, "connect", protect)
    with engine.begin() as connection:
        upgrade(connection)
    engine.dispose()


def jobs_in(path: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT * FROM jobs ORDER BY id").fetchall()


@pytest.mark.parametrize("protected", [False, True])
async def test_the_constraint_goes_and_its_index_stays_for_the_versions_before(tmp_path, protected):
    url = await restored("sqlite", tmp_path)
    path = tmp_path / "jobs.sqlite3"
    before = [row[:12] for row in jobs_in(path)]
    migrate(url, protected=protected)
    assert [row[:12] for row in jobs_in(path)] == before
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        (table,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'jobs'").fetchone()
        assert "UNIQUE" not in table
        indexes = connection.execute("PRAGMA index_list(jobs)").fetchall()
        assert UNIQUE in [index[1:4] for index in indexes]
        assert len(indexes) == 10
