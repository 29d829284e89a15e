"""A server process on its own port: start it, wait for it, read its CPU time, stop it."""

from __future__ import annotations

import asyncio
import ctypes
import os
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.fakes.ports import free_port

ROOT = Path(__file__).parent.parent
#: Seconds. A bot may have to migrate its database, and under valgrind all takes fifty times as long.
START_TIMEOUT = 300.0
STOP_TIMEOUT = 15.0  # seconds
LIBC = ctypes.CDLL(None, use_errno=True)


class ServerNotStarted(Exception):
    """The process ended, or never listened; says what it printed."""


@dataclass(frozen=True, slots=True)
class Server:
    pid: int
    port: int
    clock_id: int

    def cpu_seconds(self) -> float:
        """Return the CPU time, user and system, of all its threads so far; the kernel counts nanoseconds."""
        return time.clock_gettime(self.clock_id)

    async def quiet(self) -> None:
        """Wait until the process has nothing left to do: what follows an answer is part of a turn's cost."""
        before = self.cpu_seconds()
        while True:
            await asyncio.sleep(0.03)
            now = self.cpu_seconds()
            if now - before < 0.0005:
                return
            before = now


def cpu_clock_id(pid: int) -> int:
    """Return the CPU-time clock of process *pid* (Linux; children it may have are not counted)."""
    clock_id = ctypes.c_int()
    if error := LIBC.clock_getcpuclockid(pid, ctypes.byref(clock_id)):
        raise OSError(error, os.strerror(error))
    return clock_id.value


@asynccontextmanager
async def serving(command: Sequence[str], environment: Mapping[str, str]) -> AsyncIterator[Server]:
    """Run *command* in the project's root with PORT set, `{port}` in it too; hand it out once it listens."""
    port = free_port()
    with tempfile.TemporaryFile() as output:
        process = await asyncio.create_subprocess_exec(
            *(part.replace("{port}", str(port)) for part in command),
            cwd=ROOT,
            env={**os.environ, **environment, "PORT": str(port)},
            stdout=output,
            stderr=output,
        )
        try:
            if not await listens(process, port):
                output.seek(0)
                raise ServerNotStarted(f"{' '.join(command)}\n{output.read().decode(errors='replace')}")
            yield Server(process.pid, port, cpu_clock_id(process.pid))
        finally:
            await stop(process)


async def listens(process: asyncio.subprocess.Process, port: int) -> bool:
    deadline = time.monotonic() + START_TIMEOUT
    while process.returncode is None and time.monotonic() < deadline:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return True
    return False


async def stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_TIMEOUT)
    except TimeoutError:
        process.kill()
        await process.wait()
