"""What operators ask reads an index, and no more of it than is shown or counted."""

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import create_engine

from state.store.operators import audit, histories, letter_runs, overview
from state.store.schema import upgrade

STATEMENTS = {
    "counts": (overview.COUNTS, 1),
    "reports": (overview.REPORTS.format("?1, ?2"), 2),
    "waiting": (overview.WAITING, 3),
    "muted": (overview.MUTED, 4),
    "backlog": (overview.BACKLOG, 2),
    "hasten": (overview.HASTEN, 2),
    "history": (histories.HISTORY, 1),
    "dead": (histories.DEAD, 2),
    "attempts": (histories.ATTEMPTS, 5),
    "take": (letter_runs.TAKE, 2),
    "audit": (audit.LIST, 2),
}


#: Names and aliases of tables that grow.
TABLES = {"jobs", "j", "lanes", "l", "notices", "n", "m", "w", "attempts"}


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    file = tmp_path_factory.mktemp("plans") / "jobs.sqlite3"
    engine = create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        upgrade(connection)
    engine.dispose()
    with closing(sqlite3.connect(file)) as connection:
        yield connection


@pytest.mark.parametrize("name", STATEMENTS)
def test_no_statement_reads_a_whole_table(database, name):
    statement, values = STATEMENTS[name]
    rows = database.execute(f"EXPLAIN QUERY PLAN {statement}", [1] * values)
    plan = [row[3] for row in rows]
    assert plan
    made = {step.removeprefix("CO-ROUTINE ") for step in plan if step.startswith("CO-ROUTINE ")}
    scanned = [step for step in plan if step.startswith("SCAN ") and step.split()[1] in TABLES - made]
    assert all("INDEX" in step or "PRIMARY KEY" in step for step in scanned), plan
