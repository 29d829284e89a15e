"""
How much later a command starts and ends by `jobctl run`: `python -m benchmarks.jobctl_run`.

Beside the command alone, and beside a bare Python that starts it; with a bot, and without one.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.fakes.bot_process import BotProcess, install
from tests.fakes.ports import free_port

_ROUNDS = 15
_SOURCES = Path(__file__).parents[1] / "jobctl" / "src"
_COMMAND = ("date", "+%s%N")  # Prints when it began, in nanoseconds.
_BARE = f"import subprocess; subprocess.run({list(_COMMAND)})"


def once(command: tuple[str, ...], environment: dict[str, str]) -> tuple[float, float]:
    """Return after how many milliseconds the command began, and after how many all had ended."""
    began = time.time_ns()
    out = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout  # noqa: S603
    return (int(out.split()[-1]) - began) / 1e6, (time.time_ns() - began) / 1e6


def measure(url: str, state: str) -> None:
    """Print medians of alternating rounds."""
    environment = {**os.environ, "PYTHONPATH": str(_SOURCES), "XDG_STATE_HOME": state}
    jobctl = (sys.executable, "-m", "jobctl", "run", "--", *_COMMAND)
    ways = {
        "the command alone": (_COMMAND, environment),
        "by a bare Python": ((sys.executable, "-c", _BARE), environment),
        "jobctl run": (jobctl, {**environment, "JOBCTL_URL": url}),
        "jobctl run, the bot away": (
            jobctl,
            {**environment, "JOBCTL_URL": f"http://localhost:{free_port()}"},
        ),
    }
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(_ROUNDS):
        for name, way in ways.items():
            taken[name].append(once(*way))
    for name, times in taken.items():
        starts, ends = (statistics.median(each) for each in zip(*times, strict=True))
        print(f"{name:26} begins after {starts:6.1f} ms, all ends after {ends:6.1f} ms")


async def main() -> None:
    """Start a bot, and measure beside it."""
    with tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:///{folder}/jobs.sqlite3"
        async with BotProcess(install(Path(folder)), DATABASE_URL=database, LOG_LEVEL="ERROR") as bot:
            await bot.started()
            await asyncio.to_thread(measure, bot.url, folder)


if __name__ == "__main__":
    asyncio.run(main())
