"""
How many instructions a turn takes: `make instructions` prints what docs/explanation/performance.md quotes.

valgrind counts those that a server executes outside the kernel: nearly the same number in each run, whatever
else the machine does, where CPU times move by a third. What caches, locks and system calls cost, it does not
see.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.arrivals import Connector, connecting
from benchmarks.contestants import BOT, LIMIT, Contestant
from benchmarks.load import Load, Setting
from benchmarks.server import Server
from benchmarks.turns import SCENARIOS, Scenario, Turn

TURNS, WARM_UP = 400, 64
CONCURRENCY = 16
PAUSE = 3.0  # seconds; a server fifty times slower than usual has then done what follows an answer


async def instructions(
    contestant: Contestant,
    scenario: Scenario,
    connector: Connector,
    convert: Callable[[Turn], Turn] = lambda turn: turn,
    *,
    measured: int = TURNS,
    warm_up: int = WARM_UP,
) -> float:
    """
    Return the instructions of a turn of *scenario* in the process of *contestant*, the mean of *measured*.

    *convert* makes another request of each turn that means the same.
    """
    with tempfile.TemporaryDirectory() as directory:
        counts = Path(directory) / "counts"
        async with counted(contestant, counts).serving(0, Path(directory)) as server:
            load = Load(server=server, connector=connector)
            setting = Setting(scenario, CONCURRENCY)
            prepared = await load.prepare(setting, warm_up + measured, CONCURRENCY)
            turns = [convert(turn) for turn in prepared]
            await drive(load, setting, turns[:warm_up])
            await callgrind("--instr=on", server, contestant)
            await drive(load, setting, turns[warm_up:])
            await callgrind("--dump", server, contestant)
            return total(counts.with_suffix(".1")) / measured


def counted(contestant: Contestant, counts: Path) -> Contestant:
    """Return *contestant* under valgrind, which counts nothing yet."""
    valgrind = ("valgrind", "--quiet", "--tool=callgrind", "--instr-atstart=no")
    return replace(
        contestant,
        command=(*valgrind, f"--callgrind-out-file={counts}", *contestant.command),
        environment={**contestant.environment, "PYTHONHASHSEED": "0"},
    )


async def drive(load: Load, setting: Setting, turns: Sequence[Turn]) -> None:
    await load.drive(setting, turns)
    await asyncio.sleep(PAUSE)


async def callgrind(request: str, server: Server, contestant: Contestant) -> None:
    """Ask valgrind for something; it is found by names made of HOST, among others, so that has to agree."""
    process = await asyncio.create_subprocess_exec(
        *("callgrind_control", request, str(server.pid)),
        env={**os.environ, **contestant.environment},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    await process.wait()


def total(part: Path) -> int:
    """Return the sum of all instructions in one of callgrind's files."""
    return sum(map(int, re.findall(r"^totals: (\d+)", part.read_text(errors="replace"), re.MULTILINE)))


async def measure() -> None:
    print("| scenario | limit | bot | bot ÷ limit |\n| --- | ---: | ---: | ---: |")
    async with connecting() as connector:
        for name in ("hello", "run", "event"):
            limit, bot = [await instructions(each, SCENARIOS[name], connector) for each in (LIMIT, BOT)]
            print(f"| {name} | {limit:,.0f} | {bot:,.0f} | {bot / limit:.2f} |", flush=True)


def main(measuring: Callable[[], Coroutine[Any, Any, None]] = measure) -> None:
    """Run *measuring*, which needs valgrind."""
    if shutil.which("valgrind") is None:
        sys.exit("valgrind is not installed; on Debian: apt install valgrind")
    uvloop.run(measuring())


if __name__ == "__main__":
    main()
