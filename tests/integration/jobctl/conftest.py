import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[3] / "jobctl" / "src"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a call of jobctl ended."""

    code: int  #: Minus the number of a signal that killed it.
    out: str
    err: str


class Call:
    """A call of jobctl that runs."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def line(self) -> str:
        """Return the next line that it prints."""
        assert self.process.stdout is not None
        return (await asyncio.wait_for(self.process.stdout.readline(), 20)).decode()

    async def ended(self, stdin: bytes | None = None) -> Ended:
        """Wait until it has ended."""
        out, err = await asyncio.wait_for(self.process.communicate(stdin), 30)
        return Ended(self.process.returncode or 0, (out or b"").decode(), err.decode())


def _as_at_a_terminal() -> None:
    """Let Ctrl+C count: tests may run in the background of a script, where it is ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What jobctl finds beside the address of the bot: its own state, and no settings of the developer."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("JOB", "TRACEPARENT"))}
    return {**kept, "PYTHONPATH": str(SOURCES), "XDG_STATE_HOME": str(tmp_path / "state")}


@pytest.fixture
async def begin(environment) -> AsyncIterator[Callable[..., Awaitable[Call]]]:
    """Starts jobctl, or another program, beside the bot at *url*."""
    processes = []

    async def begin(*arguments: str, url: str, stdout: int = asyncio.subprocess.PIPE, **more: str) -> Call:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "jobctl",
            *arguments,
            env={**environment, "JOBCTL_URL": url, **more},
            stdin=asyncio.subprocess.PIPE,
            stdout=stdout,
            stderr=asyncio.subprocess.PIPE,
            preexec_fn=_as_at_a_terminal,
        )
        processes.append(process)
        return Call(process)

    yield begin
    for process in processes:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
            await process.wait()


@pytest.fixture
def url(bot) -> str:
    return str(bot.make_url("")).rstrip("/")


@pytest.fixture
def jobctl(begin, url):
    """Runs jobctl beside the bot and returns how it ended."""

    async def jobctl(*arguments: str, stdin: bytes | None = None, **more: str) -> Ended:
        call = await begin(*arguments, **{"url": url, **more})
        return await call.ended(stdin)

    return jobctl


@pytest.fixture
def newest(bot):
    """Returns the newest job, as the API has it."""

    async def newest():
        async with bot.get("/api/jobs?limit=1") as answer:
            (job,) = (await answer.json())["jobs"]
            return job

    return newest
