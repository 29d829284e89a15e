"""A PostgreSQL server for one test, which may stop and crash it."""

import asyncio
import os
import shutil
import tempfile
from pathlib import Path
from typing import Literal, Self

import asyncpg
import pytest

from tests.fakes.ports import free_port


class Cluster:
    """``async with Cluster() as cluster``; skips where PostgreSQL is not installed, but not in CI."""

    def __init__(self) -> None:
        self._port = free_port()
        self.url = f"postgresql://postgres@127.0.0.1:{self._port}/postgres"

    async def __aenter__(self) -> Self:
        self._programs = _programs()
        self._directory = Path(tempfile.mkdtemp())
        if os.geteuid() == 0:
            shutil.chown(self._directory, "postgres")
        self._data = str(self._directory / "data")
        await self._run("initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "--no-sync")
        await self._control("start")
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self._control("stop", "-m", "immediate")
        shutil.rmtree(self._directory)

    async def stop(self) -> None:
        """Stop it as an operator does: connections end, and new ones are refused."""
        await self._control("stop", "-m", "fast")

    async def start(self) -> None:
        """Start it again, on the same port."""
        await self._control("start")

    async def read_only(self, yes: bool) -> None:
        """Take no writes in any session from now on, or take them again: like a standby after a failover."""
        connection = await asyncpg.connect(self.url)
        await connection.execute("SET default_transaction_read_only = off")
        await connection.execute(f"ALTER SYSTEM SET default_transaction_read_only = {'on' if yes else 'off'}")
        await connection.execute("SELECT pg_reload_conf()")
        await connection.close()

    async def restart(self, how: Literal["fast", "immediate"]) -> None:
        """Stop and start it: *fast* as an operator does, *immediate* as a crash would, with a recovery."""
        await self._control("stop", "-m", how)
        await self._control("start")

    async def cut_connections(self) -> None:
        """Terminate all other sessions, also in the middle of a statement."""
        connection = await asyncpg.connect(self.url)
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        await connection.close()

    async def _control(self, *arguments: str) -> None:
        options = f"-p {self._port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
        log = str(self._directory / "log")
        await self._run("pg_ctl", "-D", self._data, "-w", "-l", log, "-o", options, *arguments)

    async def _run(self, program: str, *arguments: str) -> None:
        # The server refuses to run as root.
        user = ("runuser", "-u", "postgres", "--") if os.geteuid() == 0 else ()
        process = await asyncio.create_subprocess_exec(
            *user,
            str(self._programs / program),
            *arguments,
            cwd=self._directory,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert await process.wait() == 0, f"{program} {' '.join(arguments)} failed"


def _programs() -> Path:
    """Return the folder of the newest server's programs."""
    found = shutil.which("initdb")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if found:
        folders.append(Path(found).parent)
    if not folders:
        assert os.environ.get("CI") != "true", "CI needs PostgreSQL's programs"
        pytest.skip("no PostgreSQL is installed here")
    return folders[-1]
