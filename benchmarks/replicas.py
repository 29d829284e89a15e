"""Bot processes that are measured together: those of one database, or those behind one port."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from benchmarks import postgres
from benchmarks.arrivals import Connector
from benchmarks.contestants import BOT
from benchmarks.cores import Clocks, Shares, read_clocks
from benchmarks.load import Load, Setting
from benchmarks.server import Server, serving
from benchmarks.turns import SCENARIOS

TURNS = 1_000  #: In a block, for each process.
CONCURRENCY = 16  #: For each process: what two share would fill their batches half as well.


@dataclass(frozen=True, slots=True)
class Block:
    """What one block of turns took; CPU times are microseconds a turn."""

    rate: float
    bot: float
    server: float
    busiest: float  #: The greatest part of the bot's CPU time that one process had.
    cores: Shares


@dataclass(frozen=True, slots=True)
class Replicas:
    """The bot's *processes*, and a load for each port that they listen on."""

    loads: Sequence[Load]
    processes: Sequence[Server]
    database: str

    async def block(self, scenario: str) -> Block:
        """Drive all ports at once."""
        each = len(self.processes) // len(self.loads)
        share = Setting(SCENARIOS[scenario], CONCURRENCY * each)
        turns = [await load.prepare(share, TURNS * each, CONCURRENCY * each) for load in self.loads]
        await self.quiet()
        begun, bots, server = self.clocks(), self.cpu_seconds(), postgres.cpu_seconds()
        await asyncio.gather(*(load.drive(share, some) for load, some in zip(self.loads, turns, strict=True)))
        ended = self.clocks()
        await self.quiet()
        spent = [after - before for before, after in zip(bots, self.cpu_seconds(), strict=True)]
        server = postgres.cpu_seconds() - server if self.database.startswith("postgresql") else 0.0
        total = TURNS * len(self.processes)
        return Block(
            rate=total / (ended.at - begun.at),
            bot=sum(spent) / total * 1e6,
            server=server / total * 1e6,
            busiest=max(spent) / sum(spent),
            cores=begun.shares_until(ended),
        )

    async def quiet(self) -> None:
        await asyncio.gather(*(process.quiet() for process in self.processes))

    def clocks(self) -> Clocks:
        return read_clocks(self.processes, self.loads[0].connector.server)

    def cpu_seconds(self) -> list[float]:
        return [process.cpu_seconds() for process in self.processes]


@asynccontextmanager
async def replicas(urls: Sequence[str], connector: Connector) -> AsyncIterator[Replicas]:
    """Start a process for each of *urls*, a database, on a port of its own."""
    async with AsyncExitStack() as stack:
        servers = [
            await stack.enter_async_context(serving(BOT.command, {**BOT.environment, "DATABASE_URL": url}))
            for url in urls
        ]
        yield Replicas([Load(server=server, connector=connector) for server in servers], servers, urls[0])
