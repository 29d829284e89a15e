"""The contestants: the limit, our bot and the baseline; each with its command and job log."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.seed import seeded_database
from benchmarks.server import Server, serving

JobLogMaker = Callable[[int, Path], Awaitable[Mapping[str, str]]]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Contestant:
    name: str
    command: tuple[str, ...]
    job_log: JobLogMaker  #: Makes the environment that starts it with so many jobs.
    turns: int  #: How many make a block: enough for some tenths of a second.
    starters: int = 16  #: How many workers may start jobs at once without losing any.
    keeps_cost: bool = True  #: Whether a turn costs as much after many others; else each block starts afresh.
    environment: Mapping[str, str] = field(default_factory=dict)
    authorization: str | None = None  #: The Authorization header of its callers.

    @asynccontextmanager
    async def serving(self, jobs: int, directory: Path) -> AsyncIterator[Server]:
        environment = {**await self.job_log(jobs, directory), **self.environment}
        async with serving(self.command, environment) as server:
            yield server


async def no_log(jobs: int, directory: Path) -> Mapping[str, str]:
    return {}


async def log_in_memory(jobs: int, directory: Path) -> Mapping[str, str]:
    return {"JOBS": str(jobs)}


async def log_in_database(jobs: int, directory: Path) -> Mapping[str, str]:
    return {"DATABASE_URL": f"sqlite:///{await seeded_database(jobs, directory)}"}


LIMIT = Contestant(
    name="limit",
    command=(sys.executable, "-m", "benchmarks.limit"),
    job_log=no_log,
    turns=1_500,
)
BOT = Contestant(
    name="bot",
    command=(sys.executable, "app.py"),
    job_log=log_in_database,
    turns=800,
    environment={"HOST": "127.0.0.1", "LOG_LEVEL": "WARNING", "MicrosoftAppId": ""},
)
BASELINE = Contestant(
    name="baseline",
    command=(sys.executable, "-m", "benchmarks.baseline.app"),
    job_log=log_in_memory,
    turns=30,
    starters=1,  # Of two turns that save the document at once, one is lost.
    keeps_cost=False,
)
