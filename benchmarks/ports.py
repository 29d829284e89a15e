"""Two ways to put several processes behind one port: gunicorn, and the kernel's SO_REUSEPORT."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from benchmarks.arrivals import Connector
from benchmarks.contestants import BOT
from benchmarks.load import Load
from benchmarks.replicas import Replicas
from benchmarks.server import START_TIMEOUT, Server, cpu_clock_id, serving

GUNICORN = (
    *(
        sys.executable,
        "-m",
        "gunicorn",
        "app:create_app",
        "--bind",
        "127.0.0.1:{port}",
        "--no-control-socket",
    ),
    *("--worker-class", "aiohttp.GunicornUVLoopWebWorker", "--workers"),
)
ONE_PORT = (sys.executable, "-m", "benchmarks.one_port")


def behind_gunicorn(
    count: int, url: str, connector: Connector, *options: str
) -> AbstractAsyncContextManager[Replicas]:
    """Start *count* processes that accept from one socket, which they inherited."""
    return children_of((*GUNICORN, str(count), *options), count, url, connector)


def on_one_port(count: int, url: str, connector: Connector) -> AbstractAsyncContextManager[Replicas]:
    """Start *count* processes with a socket each, among which the kernel deals out connections."""
    return children_of((*ONE_PORT, str(count)), count, url, connector)


@asynccontextmanager
async def children_of(
    command: Sequence[str], count: int, url: str, connector: Connector
) -> AsyncIterator[Replicas]:
    async with serving(command, {**BOT.environment, "DATABASE_URL": url}) as parent:
        async with asyncio.timeout(START_TIMEOUT):
            while len(pids := children(parent.pid)) < count:  # noqa: ASYNC110  # There is no event to wait for.
                await asyncio.sleep(0.05)
        processes = [Server(pid, parent.port, cpu_clock_id(pid)) for pid in pids]
        await asyncio.gather(*(process.quiet() for process in processes))  # They are up.
        yield Replicas([Load(server=parent, connector=connector)], processes, url)


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
