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
    share: float = 1.0  #: Of the contestants' turns in a block.


FULL_ROUNDS, QUICK_ROUNDS = 3, 1
LISTED_JOBS = 20  # One full page of `show`.
SIZES = (10, 100, 1_000, 10_000, 100_000, 1_000_000)
BASELINE_SIZES = (10, 100, 300)  # At a thousand, one turn in the baseline takes most of a second.


def settings(names: str, *concurrencies: int, delay_ms: int = 0) -> list[Setting]:
    return [Setting(SCENARIOS[name], c, delay_ms) for name in names.split() for c in concurrencies]


def full_plan() -> Iterator[Group]:
    limit, bot, baseline = Entrant(LIMIT), Entrant(BOT), Entrant(BASELINE)
    listed = [Entrant(contestant, LISTED_JOBS) for contestant in (LIMIT, BOT, BASELINE)]
    yield Group("What a turn costs", settings("hello run event done", 16), [limit, bot, baseline])
    yield Group("What a turn costs", settings("show", 16), listed)
    yield Group("Concurrency", settings("hello run show event done", 1, 64), [limit, bot], share=0.5)
    yield Group("Concurrency", settings("hello", 1, 64), [baseline])
    yield Group("A slow channel", settings("hello", 64, delay_ms=50), [limit, bot, baseline], share=0.7)
    yield Group("A slow channel", settings("run event", 64, delay_ms=50), [limit, bot], share=0.7)
    yield Group(
        "The size of the job log",
        settings("run show event done", 16),
        [Entrant(BOT, size) for size in SIZES],
        share=0.5,
    )
    yield Group(
        "The size of the job log",
        settings("run", 16),
        [Entrant(BASELINE, size) for size in BASELINE_SIZES],
        share=0.3,
    )


def quick_plan() -> Iterator[Group]:
    entrants = [Entrant(LIMIT), Entrant(BOT), Entrant(BASELINE)]
    yield Group("What a turn costs", settings("hello run event done", 16), entrants, share=0.5)
    yield Group("A slow channel", settings("hello", 64, delay_ms=50), entrants, share=0.5)
    yield Group("The size of the job log", settings("run", 16), [Entrant(BOT, size) for size in (10, 10_000)])
