"""
A guard against slowdowns: `python -m benchmarks.guard` ends with status 1 if a turn has become too slow.

It compares CPU times of one run with each other, never with figures of another day or machine, and its bounds
are far above what is usual: it is there to notice an O(n), a second commit or a lost cache, not a percent.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks.arrivals import connecting
from benchmarks.contestants import BOT, LIMIT
from benchmarks.measurement import cpu_ratio
from benchmarks.plan import Entrant, Group, settings
from benchmarks.race import Race, Result

BOUNDS = {"hello": 4.0, "run": 6.0, "event": 7.0}  #: CPU time of a turn, over the limit's.


async def measure() -> list[Result]:
    group = Group("guard", settings(" ".join(BOUNDS), 16), [Entrant(LIMIT), Entrant(BOT)])
    with tempfile.TemporaryDirectory() as directory:
        async with connecting() as connector:
            return [result async for result in Race(connector, Path(directory)).run(group)]


def ratios(results: Iterable[Result]) -> Iterator[tuple[str, float]]:
    """Yield each scenario and how many times the limit's CPU time the bot's turn takes."""
    rounds = {(result.setting.scenario.name, result.entrant.contestant): result.rounds for result in results}
    for scenario in BOUNDS:
        yield scenario, cpu_ratio(rounds[scenario, BOT], rounds[scenario, LIMIT])


def main() -> int:
    too_dear = False
    for scenario, ratio in ratios(asyncio.run(measure())):
        verdict = "too dear" if ratio > BOUNDS[scenario] else "ok"
        too_dear |= ratio > BOUNDS[scenario]
        print(f"{scenario}: {ratio:.2f} times the limit's CPU time, {BOUNDS[scenario]} allowed: {verdict}")
    return int(too_dear)


if __name__ == "__main__":
    sys.exit(main())
