"""
The bot in several processes on one port: `python -m benchmarks.one_port 2` with PORT set.

Each has a socket of its own with SO_REUSEPORT, and the kernel deals new connections out among them by a hash
of their addresses. Without a number it is one of those processes.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys

from aiohttp import web

from app import create_app
from web.server.serving import event_loop_factory


async def serve(port: int) -> None:
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    runner = await create_app()
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, reuse_port=True).start()
    await stopped.wait()
    await runner.cleanup()


def main() -> None:
    port = os.environ["PORT"]
    if len(sys.argv) < 2:
        with asyncio.Runner(loop_factory=event_loop_factory()) as runner:
            runner.run(serve(int(port)))
        return
    command = [sys.executable, "-m", "benchmarks.one_port"]
    processes = [subprocess.Popen(command) for _ in range(int(sys.argv[1]))]  # noqa: S603  # Our own.

    def stop(*_: object) -> None:
        for process in processes:
            process.terminate()

    signal.signal(signal.SIGTERM, stop)
    for process in processes:
        process.wait()


if __name__ == "__main__":
    main()
