"""
Shows where a turn goes: `python -m benchmarks.profiling run` samples the bot under the load of `run`.

py-spy looks into the server from outside, so no hook in the code bends the figures, and every thread that is
on a CPU counts. It has to be allowed to: run as root, or set the kernel's `kernel.yama.ptrace_scope` to 0.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.arrivals import connecting
from benchmarks.contestants import BASELINE, BOT, LIMIT, Contestant
from benchmarks.load import Load, Setting
from benchmarks.turns import SCENARIOS

PY_SPY = Path(sys.executable).with_name("py-spy")
RATE = 500  # samples a second
CONTESTANTS = {contestant.name: contestant for contestant in (BOT, BASELINE, LIMIT)}


@dataclass(slots=True)
class Profile:
    """How many samples had a function as innermost frame, and how many had it anywhere."""

    samples: int = 0
    own: Counter[str] = field(default_factory=Counter)
    total: Counter[str] = field(default_factory=Counter)

    def add(self, line: str) -> None:
        """Count one of py-spy's lines: ``outermost;...;innermost count``."""
        stack, _, count = line.rpartition(" ")
        frames = stack.split(";")
        self.samples += int(count)
        self.own[frames[-1]] += int(count)
        for frame in set(frames):
            self.total[frame] += int(count)

    def table(self, functions: int) -> str:
        head = ["  with\n callee   itself  function"]
        rows = (
            f"{100 * count / self.samples:6.1f} % {100 * self.own[frame] / self.samples:6.1f} %  {frame}"
            for frame, count in self.total.most_common(functions)
        )
        return "\n".join([*head, *rows])


async def profile(contestant: Contestant, setting: Setting, blocks: int) -> Profile:
    """Sample *contestant* during so many of its blocks."""
    with tempfile.TemporaryDirectory() as directory:
        samples = Path(directory) / "samples"
        async with connecting() as connector, contestant.serving(0, Path(directory)) as server:
            load = Load(server=server, connector=connector, authorization=contestant.authorization)
            turns = await load.prepare(setting, contestant.turns * blocks, contestant.starters)
            spy = await asyncio.create_subprocess_exec(
                *(PY_SPY, "record", "--pid", str(server.pid), "--rate", str(RATE)),
                *("--function", "--format", "raw", "--output", samples),
                stdout=sys.stderr,
            )
            await load.drive(setting, turns)
            spy.send_signal(signal.SIGINT)
            if await spy.wait():
                sys.exit("py-spy could not look into the server; see above")
        return read_profile(samples.read_text(encoding="utf-8").splitlines())


def read_profile(lines: Iterable[str]) -> Profile:
    result = Profile()
    for line in lines:
        result.add(line)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profiling")
    parser.add_argument("scenario", nargs="?", choices=SCENARIOS, default="run")
    parser.add_argument("--contestant", choices=CONTESTANTS, default=BOT.name)
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--blocks", type=int, default=4)
    parser.add_argument("--functions", type=int, default=60)
    arguments = parser.parse_args()
    setting = Setting(SCENARIOS[arguments.scenario], arguments.concurrency)
    contestant = CONTESTANTS[arguments.contestant]
    print(asyncio.run(profile(contestant, setting, arguments.blocks)).table(arguments.functions))


if __name__ == "__main__":
    main()
