"""What the benchmark for growth computes, and whether its logs are such as the store leaves."""

import asyncio
import sqlite3
import sys
from collections import Counter
from contextlib import closing
from datetime import timedelta

from benchmarks.growth.guard import Growth
from benchmarks.growth.life import Life
from benchmarks.growth.rounds import Figures, ratio
from benchmarks.growth.sqlite import WalIndex, lived_log
from benchmarks.growth.writes import Writes
from instants import instant, utc_now
from jobs.job import JobId, JobStatus, NoticeReport, NoticeStatus
from state.store.opening import open_store

WRITER = """
import sqlite3, sys
writer = sqlite3.connect(sys.argv[1], isolation_level=None)
writer.execute("PRAGMA wal_autocheckpoint = 1")
for number in range(50):
    writer.execute("INSERT INTO blobs VALUES (?, 1)", (number,))
"""


def figures(cpu: float) -> Figures:
    return Figures(cpu=cpu, p50=1, p99=1, pages=0, bytes=0)


def test_pages_are_counted_on_from_where_the_log_was():
    assert WalIndex(5, 40, b"salt").until(WalIndex(7, 55, b"salt")) == (2, 15)


def test_pages_are_counted_from_the_start_of_a_log_that_began_anew():
    assert WalIndex(5, 40, b"salt").until(WalIndex(7, 12, b"other")) == (2, 12)


def test_the_counter_of_commits_may_start_again():
    assert WalIndex(2**32 - 1, 0, b"").until(WalIndex(1, 3, b"")) == (2, 3)


def test_rounds_are_compared_with_the_rounds_beside_them():
    large, small = [figures(20), figures(40), figures(90)], [figures(10), figures(20), figures(30)]
    assert ratio(large, small, lambda each: each.cpu) == 2


def test_growth_up_to_the_bound_is_allowed():
    assert not Growth("run, pages", 2, 6, 3).too_much
    assert Growth("run, pages", 2, 6.1, 3).too_much


async def test_the_pages_of_another_process_are_counted_through_its_checkpoints(tmp_path):
    """It checkpoints after each commit, but the log must not begin anew while it is counted."""
    async with lived_log(Life(100, utc_now()), tmp_path) as log:
        with closing(sqlite3.connect(log.database, isolation_level=None)) as kept:
            kept.execute("CREATE TABLE blobs (id INTEGER PRIMARY KEY, body BLOB)")
            kept.execute("PRAGMA wal_checkpoint(PASSIVE)")
            written = Writes()
            async with log.counting(written):
                writing = await asyncio.create_subprocess_exec(sys.executable, "-c", WRITER, log.database)
                assert await writing.wait() == 0
    assert written == Writes(commits=50, pages=50, bytes=50 * 4096)


async def test_the_store_finds_all_of_a_life_ended_told_and_counted(tmp_path):
    now = utc_now()
    life = Life(2_000, now)
    rows = list(life.rows())
    assert sorted(row.id for row in rows) == [row.id for row in rows]
    assert instant(rows[0].created_at) < now - timedelta(days=364)
    assert set(Counter(row.lane for row in rows).values()) == {20}
    async with (
        lived_log(life, tmp_path) as log,
        open_store(log.url, lease=timedelta(seconds=30)) as store,
    ):
        first, last = [await store.find(JobId(row.id)) for row in (rows[0], rows[-1])]
        assert await store.claim(10) == []
        with closing(sqlite3.connect(log.database)) as connection:
            counted = dict(connection.execute("SELECT tenant, jobs FROM totals"))
            states = dict(connection.execute("SELECT status, count(*) FROM jobs GROUP BY status"))
            amiss = connection.execute("SELECT count(*) FROM lanes WHERE head <> tail").fetchone()
    assert first is not None and first.job.status in (JobStatus.SUCCEEDED, JobStatus.FAILED)
    assert first.notice == NoticeReport(status=NoticeStatus.SENT)
    assert last is not None and last.job.status is JobStatus.RUNNING
    assert counted.pop("") == 2_000
    assert sum(counted.values()) == sum(row.tenant != row.lane for row in rows) == 1_000
    assert states["running"] == 2
    assert amiss == (0,)
