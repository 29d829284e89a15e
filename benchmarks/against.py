"""
An earlier revision beside this one, in one alternating run: `make bench AGAINST=<revision>`.

Both are driven by this checkout's load, with an empty job log each, because an earlier revision cannot open a
database with a newer schema.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks.arrivals import connecting
from benchmarks.contestants import BOT, LIMIT
from benchmarks.measurement import cpu_ratio
from benchmarks.plan import COST, Group, entrants, settings
from benchmarks.race import Race, Result
from benchmarks.server import ROOT

ROUNDS = 7
HEAD = "| scenario | limit, CPU µs | earlier | this | earlier ÷ limit | this ÷ limit | **this ÷ earlier** |"


async def compare(revision: str) -> AsyncIterator[str]:
    """Yield the lines of a table; the ratios are medians of the rounds' own."""
    yield HEAD
    yield "| --- " + "| ---: " * 6 + "|"
    with tempfile.TemporaryDirectory() as temporary, checkout(revision) as folder:
        this = replace(BOT, name="this", job_log=empty_log)
        earlier = replace(this, name="earlier", command=(sys.executable, str(folder / "app.py")))
        group = Group(
            COST, settings("hello run event done show", 16), entrants(LIMIT, earlier, this), rounds=ROUNDS
        )
        async with connecting() as connector:
            results = [each async for each in Race(connector, Path(temporary)).run(group)]
    for start in range(0, len(results), 3):
        yield line(*results[start : start + 3])


def line(limit: Result, earlier: Result, this: Result) -> str:
    cpu = " | ".join(f"{each.measured.cpu:,.0f}" for each in (limit, earlier, this))
    ratios = (
        cpu_ratio(earlier.rounds, limit.rounds),
        cpu_ratio(this.rounds, limit.rounds),
        cpu_ratio(this.rounds, earlier.rounds),
    )
    return f"| {limit.setting.scenario.name} | {cpu} | {' | '.join(f'{ratio:.2f}' for ratio in ratios)} |"


async def empty_log(jobs: int, directory: Path) -> Mapping[str, str]:
    folder = tempfile.mkdtemp(dir=directory)
    return {"DATABASE_URL": f"sqlite:///{folder}/jobs.sqlite3"}


@contextmanager
def checkout(revision: str) -> Iterator[Path]:
    """Check *revision* out into a folder for the time of the block. Raises CalledProcessError."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "earlier"
        git("worktree", "add", "--quiet", "--detach", str(folder), revision)
        try:
            yield folder
        finally:
            git("worktree", "remove", "--force", str(folder))


def git(*arguments: str) -> None:
    subprocess.run(["git", "-C", str(ROOT), *arguments], check=True)  # noqa: S603, S607
