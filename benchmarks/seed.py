"""
Databases that already hold many jobs.

Making one with a million takes longer than measuring it, so each size is made once, kept in the temporary
directory under a digest of `state/` (a new schema makes new files), and copied for each use.
"""

from __future__ import annotations

import getpass
import hashlib
import os
import random
import re
import shutil
import sqlite3
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from itertools import islice
from pathlib import Path

from botbuilder.schema import Activity

from benchmarks.server import ROOT
from benchmarks.turns import MESSAGE
from jobs.changes import StartJob
from jobs.lane import lane_key
from state.references import stored_reference
from state.store.opening import open_store

CACHE = Path(tempfile.gettempdir()) / f"proactive-bot-benchmarks-{getpass.getuser()}"
JOBS_PER_COMMIT = 5_000
JOBS_STARTED = 10_000  #: By the store at most; it takes a minute and a half for a million.
CONVERSATION = "{conversation}"  # Stands for the id in the reference that all jobs are made from.
CONVERSATION_ID = re.compile(r"[0-9a-f-]{36}(?=\|livechat)")
SPREAD = uuid.UUID(int=0)
MULTIPLYING_CACHE = 1024 * 1024  #: KiB


async def seeded_database(jobs: int, directory: Path) -> Path:
    """Return a database in *directory*, no one else's, that holds *jobs* running jobs."""
    database = directory / f"{uuid.uuid4()}.sqlite3"
    if jobs:
        seed = CACHE / f"{jobs}-jobs-{digest_of_state()}.sqlite3"
        if not seed.exists():
            CACHE.mkdir(exist_ok=True)
            half_done = CACHE / f"{os.getpid()}.sqlite3"
            await seed_jobs(half_done, jobs)
            for stale in CACHE.glob(f"{jobs}-jobs-*"):
                stale.unlink()
            half_done.rename(seed)
        shutil.copyfile(seed, database)
    return database


async def seed_jobs(database: Path, jobs: int) -> None:
    """Start *jobs* jobs in *database*, as that many turns would have; of very many, most are copies."""
    started = min(jobs, JOBS_STARTED)
    async with open_store(f"sqlite:///{database}", lease=timedelta(seconds=30)) as store:
        waiting = starts(started)
        while batch := list(islice(waiting, JOBS_PER_COMMIT)):
            await store.commit(batch)
    if jobs > started:
        multiply(database, jobs // started)


def multiply(database: Path, times: int) -> None:
    """Make *times* as many jobs: copies with earlier numbers, each from a conversation of its own."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")  # An incomplete file is not used.
        connection.execute(f"PRAGMA cache_size = -{MULTIPLYING_CACHE}")
        connection.create_function("elsewhere", 2, elsewhere, deterministic=True)
        span = connection.execute("SELECT max(id) - min(id) + 1 FROM jobs").fetchone()[0]
        connection.execute("BEGIN")
        for table in ("jobs", "totals"):
            connection.execute(f"CREATE TEMP TABLE started AS SELECT * FROM {table}")  # noqa: S608
            columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
            values = ", ".join(copied(name, kind) for _, name, kind, *_ in columns)
            connection.executemany(
                f"INSERT OR IGNORE INTO {table} SELECT {values} FROM started",  # noqa: S608
                [{"copy": copy, "span": span} for copy in range(1, times)],
            )
            connection.execute("DROP TABLE started")
        connection.execute("UPDATE totals SET jobs = jobs * ? WHERE tenant = ''", (times,))
        connection.execute("COMMIT")


def copied(column: str, kind: str) -> str:
    """Return the expression for *column* in a copy: another job number and conversation, all else alike."""
    if column == "id":
        return "id - :copy * :span"
    if kind in ("TEXT", "VARCHAR"):
        return f"elsewhere({column}, :copy)"
    return column


def elsewhere(text: str | None, copy: int) -> str | None:
    """
    Return *text* with other conversation ids, spread like the first ones.

    In life, too, each new one belongs somewhere among all. Indexes that are filled in their order have full
    pages, and to add to a full one changes several.
    """
    return text and CONVERSATION_ID.sub(lambda found: str(uuid.uuid5(SPREAD, f"{copy} {found[0]}")), text)


def starts(jobs: int) -> Iterator[StartJob]:
    """Each job comes from a conversation of its own; ids are spread as real ones are, and alike each time."""
    rng = random.Random(jobs)  # noqa: S311 - nothing secret
    activity = Activity().deserialize({**MESSAGE, "conversation": {"id": CONVERSATION}})
    reference = stored_reference(activity)
    for _ in range(jobs):
        conversation = f"{uuid.UUID(int=rng.getrandbits(128))}|livechat"
        lane = lane_key(activity.channel_id, conversation)
        yield StartJob(
            lane=lane,
            tenant=lane,  # As for any conversation of a channel that has no tenants.
            title=None,
            requested_by=activity.from_property.name,
            reference=reference.replace(CONVERSATION, conversation),
            source_activity=str(uuid.UUID(int=rng.getrandbits(128))),
        )


def digest_of_state() -> str:
    sources = sorted((ROOT / "state").rglob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]
