"""
`python -m benchmarks.growth` prints what docs/explanation/performance.md quotes of growing job logs.

All sizes of a store are measured in alternating rounds. A small log begins anew in each round, because the
turns themselves make it grow.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path

import uvloop

from benchmarks.arrivals import Connector, connecting
from benchmarks.growth import postgres, sqlite
from benchmarks.growth.life import Life
from benchmarks.growth.rounds import TURN_NAMES, Figures, bot, middle, one_round, ratio
from benchmarks.growth.writes import Log
from benchmarks.load import Load
from instants import utc_now

SIZES = (10, 1_000_000, 10_000_000)
STORES = ("sqlite", "postgres")
SMALL = 100_000  #: Jobs; a log with fewer begins anew in each round.


def lived_log(store: str, jobs: int, folder: Path) -> AbstractAsyncContextManager[Log]:
    life = Life(jobs, utc_now())
    return sqlite.lived_log(life, folder) if store == "sqlite" else postgres.lived_log(life)


async def measure(store: str, sizes: Sequence[int], rounds: int, connector: Connector, folder: Path) -> None:
    """Print the figures of one store."""
    figures: dict[tuple[str, int], list[Figures]] = defaultdict(list)
    bytes_of: dict[int, int] = {}
    async with AsyncExitStack() as stack:

        async def opened(size: int, stack: AsyncExitStack) -> tuple[Load, Log]:
            begun = time.monotonic()
            log = await stack.enter_async_context(lived_log(store, size, folder))
            bytes_of[size] = await log.size()
            print(f"{store}, {size:,} jobs: {time.monotonic() - begun:.0f} s", file=sys.stderr)
            return await stack.enter_async_context(bot(log, connector)), log

        large = {size: await opened(size, stack) for size in sizes if size >= SMALL}
        for _ in range(rounds):
            async with AsyncExitStack() as of_round:
                logs = {
                    size: large[size] if size in large else await opened(size, of_round) for size in sizes
                }
                for name in TURN_NAMES:
                    for size, (load, log) in logs.items():
                        figures[name, size].append(await one_round(load, log, name))
    print_figures(store, sizes, figures)
    for size, total in bytes_of.items():
        print(f"{store}, {size:,} jobs: {total / 1e6:,.1f} MB, {total / size:,.0f} bytes a job", flush=True)


def print_figures(store: str, sizes: Sequence[int], figures: dict[tuple[str, int], list[Figures]]) -> None:
    for name in TURN_NAMES:
        smallest = figures[name, sizes[0]]
        for size in sizes:
            rounds = figures[name, size]
            cells = [
                f"{middle(rounds, lambda each: each.cpu):,.0f}",
                f"{ratio(rounds, smallest, lambda each: each.cpu):.2f}",
                f"{middle(rounds, lambda each: each.p50):.1f}",
                f"{middle(rounds, lambda each: each.p99):.1f}",
                f"{middle(rounds, lambda each: each.pages):.2f}",
                f"{middle(rounds, lambda each: each.bytes):,.0f}",
                f"{ratio(rounds, smallest, lambda each: each.bytes):.2f}",
            ]
            print(f"| {store} | {name} | {size:,} | {' | '.join(cells)} |")


async def measure_all(stores: Sequence[str], sizes: Sequence[int], rounds: int, parent: Path | None) -> None:
    print("| store | turn | jobs | CPU µs | ÷ smallest | p50 ms | p99 ms | pages | WAL bytes | ÷ smallest |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |", flush=True)
    with tempfile.TemporaryDirectory(dir=parent) as folder:
        async with connecting() as connector:
            for store in stores:
                await measure(store, sizes, rounds, connector, Path(folder))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="jobs, the smallest first")
    parser.add_argument("--stores", nargs="+", choices=STORES, default=STORES)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="for SQLite's files: 1 GB a million jobs")
    arguments = parser.parse_args()
    uvloop.run(measure_all(arguments.stores, arguments.sizes, arguments.rounds, arguments.folder))


if __name__ == "__main__":
    main()
