"""Several processes behind one port, as gunicorn starts them."""

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import aiohttp

from tests.fakes.bot_process import install
from tests.fakes.ports import free_port
from tests.faults.replicas import Replicas

#: As docs/how-to/scaling.md has it, for the interpreter.
COMMAND = (
    *("-m", "gunicorn", "app:create_app", "--no-control-socket"),
    *("--worker-class", "aiohttp.GunicornUVLoopWebWorker"),
)


class Gunicorn(Replicas):
    """``async with Gunicorn(2, rng=…, DATABASE_URL=…) as replicas``: any of them takes a request."""

    async def __aenter__(self) -> Self:
        directory = Path(self._exits.enter_context(tempfile.TemporaryDirectory()))
        program = directory / "program"
        program.mkdir()
        self.port = free_port()
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, *COMMAND, "--workers", str(self._number)),
            *("--bind", f"127.0.0.1:{self.port}", "--pid", str(directory / "pid")),
            cwd=install(program),
            env={"PATH": os.environ["PATH"], **self._settings},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        self._exits.push_async_callback(self._end)
        self._booted = asyncio.Condition()
        self.boots = 0
        self.printed: list[str] = []  #: Lines on standard error, ours and gunicorn's.
        self._reader = asyncio.create_task(self._read())
        self._client = await self._exits.enter_async_context(
            aiohttp.ClientSession(f"http://127.0.0.1:{self.port}")
        )
        await self.booted(self._number)
        while not await self._ready():  # noqa: ASYNC110  # As a load balancer does.
            await asyncio.sleep(0.05)
        return self

    async def restart(self) -> None:
        """Replace all processes, the old ones first finishing what they have begun."""
        before = self.boots
        self._process.send_signal(signal.SIGHUP)
        await self.booted(before + self._number)

    async def booted(self, times: int) -> None:
        """Wait until so many processes were started in all."""
        async with self._booted, asyncio.timeout(60):
            await self._booted.wait_for(lambda: self.boots >= times)

    async def up(self, processes: int) -> None:
        """Wait until so many processes have said that they are up."""
        async with self._booted, asyncio.timeout(60):
            await self._booted.wait_for(lambda: sum(" is up." in line for line in self.printed) >= processes)

    async def metrics(self) -> str:
        """Return what one of the processes says at /metrics."""
        # A new connection each time: otherwise the same process would answer.
        async with self._client.get("/metrics", headers={"Connection": "close"}) as answer:
            assert answer.status == 200
            return await answer.text()

    async def _ready(self) -> bool:
        try:
            async with self._client.get("/readyz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def _read(self) -> None:
        assert self._process.stderr
        while line := await self._process.stderr.readline():
            async with self._booted:
                self.boots += b"Booting worker" in line
                self.printed.append(line.decode())
                self._booted.notify_all()

    async def _end(self) -> None:
        self._process.terminate()
        await self._process.wait()
        await self._reader

    async def _taken(self, activity: Mapping[str, Any]) -> bool:
        return await self._taken_by(self._client, activity)
