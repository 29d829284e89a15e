"""
How the bot scales: `python -m benchmarks.scaling` prints what docs/how-to/scaling.md quotes.

`replicas`: one process and two on one database, for both stores. Two that share nothing tell what the machine
itself takes from two. `size`: what a turn costs on PostgreSQL with ten jobs in the log and with a million.
`ports`: ways to start a host's processes. `store`: the stores by themselves. The rounds of what is compared
alternate, so that the machine's other work meets all alike.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import uvloop

from benchmarks import postgres
from benchmarks.arrivals import Connector, connecting
from benchmarks.comparison import BOT, BUSIEST, CORES, SERVER, TURNS, Comparison, Ratio
from benchmarks.contestants import log_in_database
from benchmarks.ports import behind_gunicorn, on_one_port
from benchmarks.replicas import replicas
from benchmarks.store import measure_stores

PARTS = ("replicas", "size", "ports", "store")


@asynccontextmanager
async def two_logs() -> AsyncIterator[Sequence[tuple[str, ...]]]:
    """Give each store's name, and the URLs of two empty job logs on it."""
    with tempfile.TemporaryDirectory() as directory:
        lite = [(await log_in_database(0, Path(directory)))["DATABASE_URL"] for _ in range(2)]
        async with postgres.job_log(0) as one, postgres.job_log(0) as other:
            yield [("SQLite", *lite), ("PostgreSQL", one, other)]


async def compare_replicas(connector: Connector, rounds: int) -> None:
    comparison = Comparison((TURNS, BOT, SERVER, *CORES), rounds)
    comparison.print_head()
    async with two_logs() as logs:
        for name, log, other in logs:
            one, two, apart = f"{name}, one process", "two processes", "two, each with a log of its own"
            async with (
                replicas([log], connector) as alone,
                replicas([log, log], connector) as together,
                replicas([log, other], connector) as strangers,
            ):
                await comparison.run(
                    {one: alone, two: together, apart: strangers},
                    ("run", "event"),
                    (
                        Ratio("two ÷ one", two, one, scales=True),
                        Ratio("apart ÷ one", apart, one),
                        Ratio("together ÷ apart", two, apart),
                    ),
                )


async def compare_sizes(connector: Connector, jobs: int, rounds: int) -> None:
    comparison = Comparison((TURNS, BOT, SERVER), rounds)
    comparison.print_head()
    small, large = "10 jobs", f"{jobs:,} jobs"
    async with (
        postgres.job_log(10) as few,
        postgres.job_log(jobs) as many,
        replicas([few], connector) as among_few,
        replicas([many], connector) as among_many,
    ):
        compared = {small: among_few, large: among_many}
        await comparison.run(compared, ("run", "show", "event"), [Ratio("ratio", large, small)])


async def compare_ports(connector: Connector, rounds: int) -> None:
    comparison = Comparison((TURNS, BOT, BUSIEST), rounds)
    comparison.print_head()
    async with two_logs() as logs:
        for name, log, _ in logs:
            ports, gunicorn = f"{name}, two ports", "gunicorn"
            preloaded, kernel = "gunicorn --preload", "one port, SO_REUSEPORT"
            async with (
                replicas([log, log], connector) as two,
                behind_gunicorn(2, log, connector) as forked,
                behind_gunicorn(2, log, connector, "--preload") as copied,
                on_one_port(2, log, connector) as spread,
            ):
                await comparison.run(
                    {ports: two, gunicorn: forked, preloaded: copied, kernel: spread},
                    ("run", "event"),
                    [Ratio(f"{of} ÷ two ports", of, ports) for of in (gunicorn, preloaded, kernel)],
                )


async def measure(parts: Sequence[str], jobs: int, rounds: int) -> None:
    async with connecting() as connector:
        if "replicas" in parts:
            await compare_replicas(connector, rounds)
        if "size" in parts:
            await compare_sizes(connector, jobs, rounds)
        if "ports" in parts:
            await compare_ports(connector, rounds)
    if "store" in parts:
        await measure_stores(rounds)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=list(PARTS))
    parser.add_argument("--jobs", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=6)
    arguments = parser.parse_args()
    uvloop.run(measure(arguments.parts, arguments.jobs, arguments.rounds))


if __name__ == "__main__":
    main()
