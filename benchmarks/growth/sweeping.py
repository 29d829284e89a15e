"""
What turns wait while old jobs are deleted: `python -m benchmarks.growth.sweeping` prints the table that
docs/explanation/performance.md quotes.

The bot starts anew in each round, on one log of a million jobs, now with jobs that are old and are deleted
all the time, now without any.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import uvloop

from benchmarks.arrivals import Connector, connecting
from benchmarks.contestants import BOT
from benchmarks.growth.life import Life
from benchmarks.growth.rounds import CONCURRENCY
from benchmarks.growth.sqlite import lived_log
from benchmarks.growth.writes import Log
from benchmarks.load import Load, Setting
from benchmarks.measurement import Measurement
from benchmarks.server import serving
from benchmarks.turns import SCENARIOS
from instants import utc_now

JOBS, ROUNDS, TURNS = 1_000_000, 9, 1_500
KEPT_DAYS = {"without": "3650", "while jobs are deleted": "1"}


async def one_round(log: Log, days: str, name: str, connector: Connector) -> Measurement:
    environment = {**BOT.environment, "DATABASE_URL": log.url, "JOB_RETENTION_DAYS": days}
    async with serving(BOT.command, environment) as server:
        load = Load(server=server, connector=connector)
        return await load.block(Setting(SCENARIOS[name], CONCURRENCY), TURNS, starters=CONCURRENCY)


def line(name: str, rounds: dict[str, Sequence[Measurement]]) -> str:
    cells = []
    for figure in ("p50", "p99"):
        without, sweeping = ([getattr(each, figure) for each in some] for some in rounds.values())
        ratios = [one / other for one, other in zip(sweeping, without, strict=True)]
        cells += [f"{median(without):.1f}", f"{median(sweeping):.1f}", f"{median(ratios):.2f}"]
    return f"| {name} | {' | '.join(cells)} |"


async def measure() -> None:
    print("| turn | p50 ms | while sweeping | ratio | p99 ms | while sweeping | ratio |")
    print("| --- " + "| ---: " * 6 + "|")
    with tempfile.TemporaryDirectory() as folder:
        async with connecting() as connector, lived_log(Life(JOBS, utc_now()), Path(folder)) as log:
            for name in ("run", "event"):
                rounds: dict[str, list[Measurement]] = {way: [] for way in KEPT_DAYS}
                for _ in range(ROUNDS):
                    for way, days in KEPT_DAYS.items():
                        rounds[way].append(await one_round(log, days, name, connector))
                print(line(name, rounds), flush=True)


if __name__ == "__main__":
    uvloop.run(measure())
