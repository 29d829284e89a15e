"""
How the bot scales: `python -m benchmarks.scaling` prints what docs/scaling.md quotes.

One process and two on one database, for both stores, and what a turn costs on PostgreSQL with ten jobs in the
log and with a million. The rounds of what is compared alternate, so that the machine's other work meets both.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import uvloop

from benchmarks import postgres
from benchmarks.arrivals import Connector, connecting
from benchmarks.contestants import BOT, log_in_database
from benchmarks.load import Load, Setting
from benchmarks.server import serving
from benchmarks.turns import SCENARIOS

TURNS = 1_000  #: In a block, for each process.
CONCURRENCY = 16  #: For each process: what two share would fill their batches half as well.


@dataclass(frozen=True, slots=True)
class Block:
    """What one block of turns took; CPU times are microseconds a turn."""

    rate: float
    bot: float
    database: float


@dataclass(frozen=True, slots=True)
class Replicas:
    """Bot processes on one database."""

    loads: Sequence[Load]

    async def block(self, scenario: str) -> Block:
        """Drive all processes at once."""
        share = Setting(SCENARIOS[scenario], CONCURRENCY)
        turns = [await load.prepare(share, TURNS, CONCURRENCY) for load in self.loads]
        total = TURNS * len(self.loads)
        await self.quiet()
        cpu, database, begun = self.cpu_seconds(), postgres.cpu_seconds(), time.perf_counter()
        await asyncio.gather(*(load.drive(share, each) for load, each in zip(self.loads, turns, strict=True)))
        elapsed = time.perf_counter() - begun
        await self.quiet()
        return Block(
            rate=total / elapsed,
            bot=(self.cpu_seconds() - cpu) / total * 1e6,
            database=(postgres.cpu_seconds() - database) / total * 1e6,
        )

    async def quiet(self) -> None:
        await asyncio.gather(*(load.server.quiet() for load in self.loads))

    def cpu_seconds(self) -> float:
        return sum(load.server.cpu_seconds() for load in self.loads)


@asynccontextmanager
async def replicas(count: int, url: str, connector: Connector) -> AsyncIterator[Replicas]:
    async with AsyncExitStack() as stack:
        environment = {**BOT.environment, "DATABASE_URL": url}
        servers = [await stack.enter_async_context(serving(BOT.command, environment)) for _ in range(count)]
        yield Replicas([Load(server=server, connector=connector) for server in servers])


async def compare(one: Replicas, other: Replicas, scenarios: str, rounds: int, names: Sequence[str]) -> None:
    """Print a line for each scenario and contestant, and how the second compares with the first."""
    for scenario in scenarios.split():
        blocks: tuple[list[Block], list[Block]] = ([], [])
        for _ in range(rounds + 1):
            for each, measured in zip((one, other), blocks, strict=True):
                measured.append(await each.block(scenario))
        for name, measured in zip(names, blocks, strict=True):
            rate, bot, database = (
                median(getattr(block, figure) for block in measured[1:])  # The first warms up.
                for figure in ("rate", "bot", "database")
            )
            print(f"| {name} | {scenario} | {rate:,.0f} | {bot:,.0f} | {database:,.0f} |", flush=True)
        pairs = list(zip(*blocks, strict=True))[1:]
        rate = median(b.rate / a.rate for a, b in pairs)
        bot = median(b.bot / a.bot for a, b in pairs)
        both = median((b.bot + b.database) / (a.bot + a.database) for a, b in pairs)
        print(f"| ratio | {scenario} | {rate:.2f} | {bot:.2f} | with the bot {both:.2f} |", flush=True)


async def measure(parts: Sequence[str], jobs: int, rounds: int) -> None:
    print(
        "| | turn | turns/s | CPU of the bot, us | CPU of the server, us |\n| --- | --- | --- | --- | --- |"
    )
    async with connecting() as connector:
        if "replicas" in parts:
            await compare_replicas(connector, rounds)
        if "size" in parts:
            await compare_sizes(connector, jobs, rounds)


async def compare_replicas(connector: Connector, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        async with postgres.job_log(0) as shared:
            lite = (await log_in_database(0, Path(directory)))["DATABASE_URL"]
            for name, url in (("SQLite", lite), ("PostgreSQL", shared)):
                async with replicas(1, url, connector) as one, replicas(2, url, connector) as two:
                    names = (f"{name}, one process", f"{name}, two processes")
                    await compare(one, two, "run event", rounds, names)


async def compare_sizes(connector: Connector, jobs: int, rounds: int) -> None:
    async with (
        postgres.job_log(10) as few,
        postgres.job_log(jobs) as many,
        replicas(1, few, connector) as small,
        replicas(1, many, connector) as large,
    ):
        await compare(small, large, "run show event", rounds, ("10 jobs", f"{jobs:,} jobs"))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description=__doc__)
    parser.add_argument("parts", nargs="*", default=["replicas", "size"], help="replicas, size")
    parser.add_argument("--jobs", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    uvloop.run(measure(arguments.parts, arguments.jobs, arguments.rounds))


if __name__ == "__main__":
    main()
