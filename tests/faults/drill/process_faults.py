"""Faults of the database and of the process."""

import os
import resource
import signal
from contextlib import AsyncExitStack
from pathlib import Path

from tests.faults.cluster import Cluster
from tests.faults.drill.fault import Fault


class DatabaseGone(Fault):
    what = "the SQLite file is deleted"
    alerts = frozenset({"StoreUnavailable", "TurnsFail", "TaskStuck"})
    owed = True

    @property
    def _file(self) -> Path:
        return Path(self.bot.settings["DATABASE_URL"].removeprefix("sqlite:///"))

    async def owe(self) -> None:
        await super().owe()
        self._copy = self._file.with_name("copy.sqlite3")
        await self.bot.operate("backup", str(self._copy))

    async def strike(self) -> None:
        for file in self._file.parent.glob(f"{self._file.name}*"):
            file.unlink()

    async def mend(self) -> str:
        await self.bot.running[0].kill()
        await self.bot.operate("restore", str(self._copy))
        await self.bot.restart()
        return "stop; `python -m operate restore copy.sqlite3`; start"


class DiskFull(Fault):
    what = "the disk is full (SQLite)"
    alerts = frozenset({"StoreUnavailable", "TurnsFail", "TaskStuck"})
    owed = True

    async def strike(self) -> None:
        self._limit(1)

    async def mend(self) -> str:
        self._limit(resource.RLIM_INFINITY)
        return "there is room again"

    def _limit(self, size: int) -> None:
        resource.prlimit(self.bot.running[0].pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


class _OnItsOwnServer(Fault):
    """The bot's PostgreSQL server is the drill's, so that it may be stopped."""

    owed = True

    async def settings(self, exits: AsyncExitStack) -> dict[str, str]:
        self.cluster = await exits.enter_async_context(Cluster())
        return {"DATABASE_URL": self.cluster.url}


class DatabaseReadOnly(_OnItsOwnServer):
    what = "PostgreSQL takes no writes, like a standby after a failover"
    alerts = frozenset({"StoreUnavailable", "TurnsFail", "TaskStuck"})

    async def strike(self) -> None:
        await self.cluster.read_only(True)

    async def mend(self) -> str:
        await self.cluster.read_only(False)
        return "the server takes writes again"


class PostgresDown(_OnItsOwnServer):
    what = "PostgreSQL is stopped"
    alerts = frozenset({"StoreUnavailable", "TurnsFail", "TaskStuck"})

    async def strike(self) -> None:
        await self.cluster.stop()

    async def mend(self) -> str:
        await self.cluster.start()
        return "the server is started"


class ReplicaFrozen(_OnItsOwnServer):
    what = "one of two replicas stands still (SIGSTOP)"
    alerts = frozenset({"Down"})
    within = 240.0

    async def settings(self, exits: AsyncExitStack) -> dict[str, str]:
        return {**await super().settings(exits), "replicas": "2"}

    async def strike(self) -> None:
        os.kill(self.bot.running[0].pid, signal.SIGSTOP)

    async def mend(self) -> str:
        await self.bot.restart(0)
        return "`kill -9` and a new process"


class Killed(Fault):
    what = "the process is killed, and nothing restarts it"
    alerts = frozenset({"Down"})
    owed = True
    within = 240.0

    async def strike(self) -> None:
        await self.bot.running[0].kill()

    async def mend(self) -> str:
        await self.bot.restart()
        return "the process is started"
