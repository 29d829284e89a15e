"""Who had the machine's cores while something was measured: shares that add up to one (Linux)."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import postgres
from benchmarks.server import Server

CORES = os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Shares:
    bot: float
    load: float  #: This process, which sends the turns.
    connector: float
    server: float  #: All processes of PostgreSQL on this machine, with all their clients.
    others: float  #: The machine's other work, and what its host kept for itself.
    idle: float


@dataclass(frozen=True, slots=True)
class Clocks:
    """CPU seconds so far, each party's; *idle* is that of all cores."""

    at: float
    bot: float
    load: float
    connector: float
    server: float
    idle: float

    def shares_until(self, end: Clocks) -> Shares:
        """Return who had the cores from here to *end*."""
        seconds = CORES * (end.at - self.at)
        bot, load, connector, server, idle = (
            (getattr(end, party) - getattr(self, party)) / seconds
            for party in ("bot", "load", "connector", "server", "idle")
        )
        # The kernel counts idle time in ticks, so that a full machine may come out a little below nothing.
        others = max(0.0, 1 - bot - load - connector - server - idle)
        return Shares(bot=bot, load=load, connector=connector, server=server, others=others, idle=idle)


def read_clocks(bots: Sequence[Server], connector: Server) -> Clocks:
    return Clocks(
        at=time.perf_counter(),
        bot=sum(bot.cpu_seconds() for bot in bots),
        load=time.process_time(),
        connector=connector.cpu_seconds(),
        server=postgres.cpu_seconds(),
        idle=idle_seconds(),
    )


def idle_seconds() -> float:
    """Return how long the cores have had nothing to do, waits for a disk included."""
    cpu = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    return (int(cpu[4]) + int(cpu[5])) / postgres.TICKS
