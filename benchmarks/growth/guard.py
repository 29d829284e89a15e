"""
A guard against turns that get more expensive as the log grows: `python -m benchmarks.growth.guard`.

It ends with status 1 if a turn in an SQLite log of a million jobs takes too many times the instructions of
one in a log of ten, or writes too many pages. Those are counted where no two turns share a commit: then
neither depends on how fast the machine is, and an index with places at random costs a page more.
Without valgrind no instructions are counted, and the guard says so.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import uvloop

from benchmarks.arrivals import Connector, connecting
from benchmarks.contestants import BOT
from benchmarks.growth.life import Life
from benchmarks.growth.rounds import TURNS, bot, writes_of
from benchmarks.growth.sqlite import lived_log
from benchmarks.growth.writes import Log
from benchmarks.instructions import instructions
from benchmarks.turns import SCENARIOS
from instants import utc_now

SMALL, LARGE = 10, 1_000_000  #: Jobs.
WARM_UP = 16
COUNTED = {"run": 64, "event": 64, "show": 16}  #: Turns whose instructions are counted.
PAGES = {"run": 6.5, "event": 8.5}  #: The most that a turn may write with the large log.
INSTRUCTIONS = {"run": 1.1, "event": 1.1, "show": 1.1}  #: Over those with the small log; runs differ by 5 %.


@dataclass(frozen=True, slots=True)
class Written:
    """The pages that a turn writes with the large log."""

    what: str
    pages: float
    most: float

    @property
    def too_much(self) -> bool:
        return self.pages > self.most

    def __str__(self) -> str:
        verdict = "too much" if self.too_much else "ok"
        return f"{self.what}: {self.pages:.1f} with {LARGE:,} jobs; {self.most} allowed: {verdict}"


@dataclass(frozen=True, slots=True)
class Growth:
    """What a turn takes with each log."""

    what: str
    small: float
    large: float
    bound: float

    @property
    def too_much(self) -> bool:
        return self.large > self.bound * self.small

    def __str__(self) -> str:
        verdict = "too much" if self.too_much else "ok"
        return (
            f"{self.what}: {self.small:,.1f} with {SMALL} jobs, {self.large:,.1f} with {LARGE:,};"
            f" {self.bound} times as many allowed: {verdict}"
        )


async def pages(log: Log, connector: Connector) -> list[float]:
    """Return the pages that a turn of each of `PAGES` writes."""
    async with bot(log, connector) as load:
        return [(await writes_of(load, log, name, concurrency=1)).pages / TURNS for name in PAGES]


async def instructions_of(log: Log, name: str, connector: Connector) -> float:
    async def this_log(jobs: int, directory: Path) -> Mapping[str, str]:
        return {"DATABASE_URL": log.url}

    contestant = replace(BOT, job_log=this_log)
    return await instructions(contestant, SCENARIOS[name], connector, measured=COUNTED[name], warm_up=WARM_UP)


async def measure() -> AsyncIterator[Written | Growth]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        connector = await stack.enter_async_context(connecting())
        logs = [
            await stack.enter_async_context(lived_log(Life(n, utc_now()), folder)) for n in (SMALL, LARGE)
        ]
        # In both, so that `show` has as many jobs to list in the small one.
        written_in = [await pages(log, connector) for log in logs]
        for (name, most), written in zip(PAGES.items(), written_in[-1], strict=True):
            yield Written(f"{name}, pages", written, most)
        if shutil.which("valgrind") is None:
            print("valgrind is not installed, so no instructions are counted", file=sys.stderr)
            return
        for name, bound in INSTRUCTIONS.items():
            small, large = await asyncio.gather(*(instructions_of(log, name, connector) for log in logs))
            yield Growth(f"{name}, instructions", small, large, bound)


async def run() -> int:
    too_much = False
    async for growth in measure():
        print(growth, flush=True)
        too_much |= growth.too_much
    return int(too_much)


if __name__ == "__main__":
    sys.exit(uvloop.run(run()))
