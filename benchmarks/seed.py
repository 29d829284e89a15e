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
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path

from botbuilder.core import TurnContext
from botbuilder.schema import Activity

from benchmarks.server import ROOT
from benchmarks.turns import MESSAGE
from state.changes import StartJob
from state.lanes import lane_key
from state.references import dump_reference
from state.stores import open_store

CACHE = Path(tempfile.gettempdir()) / f"proactive-bot-benchmarks-{getpass.getuser()}"
JOBS_PER_COMMIT = 5_000
CONVERSATION = "{conversation}"  # Stands for the id in the reference that all jobs are made from.


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
    """Start *jobs* jobs in *database*, as that many turns would have."""
    async with open_store(f"sqlite:///{database}", lease=timedelta(seconds=30)) as store:
        waiting = starts(jobs)
        while batch := list(islice(waiting, JOBS_PER_COMMIT)):
            await store.commit(batch)


def starts(jobs: int) -> Iterator[StartJob]:
    """Each job comes from a conversation of its own; ids are spread as real ones are, and alike each time."""
    rng = random.Random(jobs)  # noqa: S311 - nothing secret
    activity = Activity().deserialize({**MESSAGE, "conversation": {"id": CONVERSATION}})
    reference = dump_reference(TurnContext.get_conversation_reference(activity))
    for _ in range(jobs):
        conversation = f"{uuid.UUID(int=rng.getrandbits(128))}|livechat"
        lane = lane_key(activity.channel_id, conversation)
        yield StartJob(
            lane=lane,
            tenant=lane,  # As for any conversation of a channel that has no tenants.
            title=None,
            requested_by=activity.from_property.name,
            reference=reference.replace(CONVERSATION, conversation),
            service_url=activity.service_url,
            source_activity=str(uuid.UUID(int=rng.getrandbits(128))),
        )


def digest_of_state() -> str:
    sources = sorted((ROOT / "state").rglob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]
