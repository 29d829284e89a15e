"""What one run measures: groups of blocks, in which entrants alternate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.contestants import BASELINE, BOT, LIMIT, Contestant
from benchmarks.load import Setting
from benchmarks.turns import SCENARIOS


@dataclass(frozen=True, slots=True)
class Entrant:
    """A contestant with so many jobs in its log when it starts."""

    contestant: Contestant
    jobs: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """Settings that are measured for all *entrants*, on the same servers, alternating."""

    title: str
    settings: Sequence[Setting]
    entrants: Sequence[Entrant]
    rounds: int = 3
    share: float = 1.0  #: Of the contestants' turns in a block.


COST, TRUST, CONCURRENCY, SLOW, SIZE = (
    "What a turn costs",
    "Authentication",
    "Concurrency",
    "A slow channel",
    "The size of the job log",
)
LISTED_JOBS = 20  # One full page of `show`.
SIZES = (10, 10_000, 1_000_000)


def settings(names: str, *concurrencies: int, delay_ms: int = 0) -> list[Setting]:
    return [Setting(SCENARIOS[name], c, delay_ms) for name in names.split() for c in concurrencies]


def entrants(*contestants: Contestant, jobs: int = 0) -> list[Entrant]:
    return [Entrant(contestant, jobs) for contestant in contestants]


def full_plan(authenticated: Contestant) -> Iterator[Group]:
    everybody = (LIMIT, BOT, BASELINE)
    yield Group(COST, settings("hello run event done", 16), entrants(*everybody), rounds=5)
    yield Group(COST, settings("show", 16), entrants(*everybody, jobs=LISTED_JOBS))
    yield Group(COST, settings("run", 16), entrants(*everybody, jobs=100))
    yield Group(TRUST, settings("hello run event", 16), entrants(LIMIT, BOT, authenticated), rounds=6)
    yield Group(CONCURRENCY, settings("hello", 1, 64), entrants(*everybody))
    yield Group(CONCURRENCY, settings("run event", 1, 64), entrants(LIMIT, BOT))
    yield Group(SLOW, settings("hello", 64, delay_ms=50), entrants(*everybody), share=2)
    yield Group(SLOW, settings("run", 64, delay_ms=50), entrants(LIMIT, BOT), share=2)
    sizes = [Entrant(BOT, size) for size in SIZES]
    yield Group(SIZE, settings("run show event", 16), sizes)


def quick_plan(authenticated: Contestant) -> Iterator[Group]:
    everybody = entrants(LIMIT, BOT, BASELINE)
    yield Group(COST, settings("hello run event done", 16), everybody, rounds=1)
    yield Group(TRUST, settings("run", 16), entrants(LIMIT, BOT, authenticated), rounds=1)
    yield Group(SLOW, settings("hello", 64, delay_ms=50), everybody, rounds=1, share=2)
    yield Group(SIZE, settings("run", 16), [Entrant(BOT, size) for size in (10, 10_000)], rounds=1)
