"""Measures several `Replicas` in alternating rounds and prints a table of medians."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.replicas import Block, Replicas


@dataclass(frozen=True, slots=True)
class Column:
    head: str
    figure: Callable[[Block], float]
    form: str


@dataclass(frozen=True, slots=True)
class Ratio:
    """How one of the compared stands to another."""

    name: str
    of: str
    to: str
    scales: bool = False  #: Whether to compute the factor that more processes would gain on their own cores.


TURNS = Column("turns/s", lambda block: block.rate, "{:,.0f}")
BOT = Column("bot, us", lambda block: block.bot, "{:,.0f}")
SERVER = Column("server, us", lambda block: block.server, "{:,.0f}")
BUSIEST = Column("busiest process", lambda block: block.busiest, "{:.0%}")
CORES = (
    Column("cores: bot", lambda block: block.cores.bot, "{:.0%}"),
    Column("load", lambda block: block.cores.load, "{:.0%}"),
    Column("connector", lambda block: block.cores.connector, "{:.0%}"),
    Column("server", lambda block: block.cores.server, "{:.0%}"),
    Column("others", lambda block: block.cores.others, "{:.0%}"),
    Column("idle", lambda block: block.cores.idle, "{:.0%}"),
)


@dataclass(frozen=True, slots=True)
class Comparison:
    columns: Sequence[Column]
    rounds: int

    def print_head(self) -> None:
        print("|".join(("", " | turn ", *(f" {column.head} " for column in self.columns), "")))
        print("| --- " * (2 + len(self.columns)) + "|", flush=True)

    async def run(
        self, compared: Mapping[str, Replicas], scenarios: Sequence[str], ratios: Sequence[Ratio]
    ) -> None:
        """Print a line for each scenario and name, and the *ratios*: medians of the rounds' own."""
        for scenario in scenarios:
            blocks: dict[str, list[Block]] = {name: [] for name in compared}
            for _ in range(self.rounds + 1):
                for name, each in compared.items():
                    blocks[name].append(await each.block(scenario))
            measured = {name: some[1:] for name, some in blocks.items()}  # The first warms up.
            for name, some in measured.items():
                figures = (column.form.format(median(map(column.figure, some))) for column in self.columns)
                print(f"| {name} | {scenario} | {' | '.join(figures)} |", flush=True)
            for ratio in ratios:
                self.print_ratio(ratio, scenario, measured[ratio.of], measured[ratio.to])

    def print_ratio(self, ratio: Ratio, scenario: str, of: Sequence[Block], to: Sequence[Block]) -> None:
        pairs = list(zip(of, to, strict=True))
        rate = median(a.rate / b.rate for a, b in pairs)
        bot = median(a.bot / b.bot for a, b in pairs)
        both = median((a.bot + a.server) / (b.bot + b.server) for a, b in pairs)
        together = f"both {both:.2f}" if SERVER in self.columns and to[0].server else ""
        cells = [f"*{ratio.name}*", scenario, f"{rate:.2f}", f"**{bot:.2f}**", together]
        if ratio.scales:
            # One process is bound by one core: as many turns a second as go into a second of CPU time.
            cells.append(f"computed, each on a core of its own: {2 / bot:.2f}")
        print(f"| {' | '.join(cells)} |{' |' * (2 + len(self.columns) - len(cells))}", flush=True)
