"""The clock that all processes on one file share."""

import sqlite3
from contextlib import closing
from datetime import timedelta

import orjson
import pytest

from instants import utc_now
from state.store.sqlite.opening import open_sqlite
from tests.contract.asking import claim_one, job_ids, owe

LEASE = timedelta(seconds=30)
SECOND = timedelta(seconds=1)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "jobs.sqlite3"


def anchored(path) -> dict[str, object]:
    with closing(sqlite3.connect(path)) as database:
        [(body,)] = database.execute("SELECT body FROM documents WHERE key = 'ProactiveBot.Clock'")
        return orjson.loads(body)


def anchor(path, **changed) -> None:
    """Change the stored beginning."""
    stored = {**anchored(path), **changed}
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(
            "UPDATE documents SET body = ? WHERE key = 'ProactiveBot.Clock'", (orjson.dumps(stored).decode(),)
        )


async def test_a_later_process_goes_by_the_clock_of_the_first(path):
    async with open_sqlite(str(path), lease=LEASE) as first:
        assert abs(first.clock() - utc_now()) < SECOND
        anchor(path, offset=anchored(path)["offset"] - 3_600_000_000)
        async with open_sqlite(str(path), lease=LEASE) as second:
            assert abs(second.clock() + timedelta(hours=1) - first.clock()) < SECOND


async def test_after_a_start_of_the_machine_leases_have_ended_and_waits_far_ahead_are_not_believed(path):
    async with open_sqlite(str(path), lease=LEASE, clock=lambda: utc_now() + timedelta(days=730)) as store:
        owed = await owe(store)
        await store.retry(await claim_one(store), timedelta(minutes=1), "503")
    async with open_sqlite(str(path), lease=LEASE):
        pass
    anchor(path, boot="another start of the machine")
    async with open_sqlite(str(path), lease=LEASE) as store:
        assert job_ids(await claim_one(store)) == owed
