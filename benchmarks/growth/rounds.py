"""One round of turns with one job log: CPU time and latencies first, then what is written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from statistics import median

from benchmarks.arrivals import Connector
from benchmarks.contestants import BOT
from benchmarks.growth.writes import Log, Writes
from benchmarks.load import Load, Setting
from benchmarks.server import serving
from benchmarks.turns import SCENARIOS

TURNS = 400  #: In a block, of which a round has two for each scenario.
CONCURRENCY = 16
TURN_NAMES = ("run", "event", "show")


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """What a turn took in one round."""

    cpu: float  #: Microseconds of the bot's process.
    p50: float  #: Milliseconds, as p99.
    p99: float
    pages: float
    bytes: float


@asynccontextmanager
async def bot(log: Log, connector: Connector) -> AsyncIterator[Load]:
    """Start the bot with *log*."""
    async with serving(BOT.command, {**BOT.environment, "DATABASE_URL": log.url}) as server:
        yield Load(server=server, connector=connector)


async def one_round(load: Load, log: Log, name: str) -> Figures:
    """Measure the turn of this *name* with the bot that has *log*."""
    setting = Setting(SCENARIOS[name], CONCURRENCY)
    measured = await load.block(setting, TURNS, starters=CONCURRENCY)
    written = await writes_of(load, log, name)
    return Figures(
        cpu=measured.cpu,
        p50=measured.p50,
        p99=measured.p99,
        pages=written.pages / TURNS,
        bytes=written.bytes / TURNS,
    )


async def writes_of(load: Load, log: Log, name: str, concurrency: int = CONCURRENCY) -> Writes:
    """
    Return what `TURNS` turns of this *name* write, from the first to when the bot is idle again.

    With a *concurrency* of 1 no two turns share a commit, so the number of pages depends on nothing else.
    """
    setting, written = Setting(SCENARIOS[name], concurrency), Writes()
    turns = await load.prepare(setting, TURNS, CONCURRENCY)
    await load.server.quiet()
    async with log.counting(written):
        await load.drive(setting, turns)
        await load.server.quiet()
    return written


def middle(rounds: Sequence[Figures], figure: Callable[[Figures], float]) -> float:
    return median(map(figure, rounds))


def ratio(large: Sequence[Figures], small: Sequence[Figures], figure: Callable[[Figures], float]) -> float:
    """Return the median of the ratios round by round; 1 where neither has any."""
    pairs = [(figure(one), figure(other)) for one, other in zip(large, small, strict=True)]
    return median(one / other if other else 1.0 + one for one, other in pairs)
