"""Server processes on one database, which are killed and restarted under load."""

import asyncio
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path
from typing import Any, Self

import aiohttp

from tests.fakes.bot_process import BotProcess, install


class Replicas:
    """
    ``async with Replicas(2, DATABASE_URL=…) as replicas``: servers with these settings.

    A request goes to any of them, and again until one has answered it with 200: so does a channel.
    """

    def __init__(
        self,
        number: int,
        *,
        rng: random.Random,
        own: Sequence[Mapping[str, str]] = (),
        **settings: str,
    ) -> None:
        """Start *number* processes; each has *settings*, and the variables at its place in *own*."""
        self.statuses: Counter[int] = Counter()  #: How requests were answered; 0 is not at all.
        self.kills: list[float] = []  #: When each was gone, on the monotonic clock.
        self._number = number
        self._rng = rng
        self._settings = {"LOG_LEVEL": "ERROR", **settings}
        self._own = own
        self._running: dict[int, tuple[BotProcess, aiohttp.ClientSession]] = {}
        self._all: list[BotProcess] = []
        self._exits = AsyncExitStack()
        self._ids = count(1)

    async def __aenter__(self) -> Self:
        directory = self._exits.enter_context(tempfile.TemporaryDirectory())
        self._installation = install(Path(directory))
        await asyncio.gather(*(self._start(place) for place in range(self._number)))
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self._exits.aclose()
        for bot in self._all:
            print(bot.stderr, end="", file=sys.stderr)

    async def kill(self) -> None:
        """Kill one of those that run, chosen by lot, and start another in its place."""
        place = self._rng.choice(list(self._running))
        bot, _ = self._running.pop(place)
        await bot.kill()
        self.kills.append(time.monotonic())
        await self._start(place)

    async def post(self, service_url: str, conversation: str, **fields: Any) -> None:
        """Send one activity until it is answered with 200."""
        activity = {
            "id": f"activity-{next(self._ids)}",
            "timestamp": "2024-02-29T12:00:00.123Z",
            "channelId": "emulator",
            "serviceUrl": service_url,
            "conversation": {"id": conversation},
            "from": {"id": "user-1", "name": "Alex"},
            "recipient": {"id": "bot-1", "name": "Bot"},
            **fields,
        }
        while not await self._taken(activity):  # noqa: ASYNC110  # As a channel does.
            await asyncio.sleep(0.02)

    async def complete(self, service_url: str, job: int) -> None:
        """Say, as a job system does, that *job* is complete."""
        event = {"type": "event", "name": "jobComplete", "value": {"jobId": job}}
        await self.post(service_url, "job-system", **event)

    def peak_memory(self) -> int:
        """Return the most memory that any of them held at once, in bytes (Linux)."""
        return max(_peak_memory(bot.pid) for bot, _ in self._running.values())

    def cpu_seconds(self) -> float:
        """Return the processor time that those that run have used (Linux)."""
        return sum(_cpu_seconds(bot.pid) for bot, _ in self._running.values())

    async def _taken(self, activity: Mapping[str, Any]) -> bool:
        if not self._running:
            return False
        _, client = self._running[self._rng.choice(list(self._running))]
        return await self._taken_by(client, activity)

    async def _taken_by(self, client: aiohttp.ClientSession, activity: Mapping[str, Any]) -> bool:
        try:
            async with client.post("/api/messages", json=activity) as answer:
                self.statuses[answer.status] += 1
                return answer.status == 200
        except aiohttp.ClientError:
            self.statuses[0] += 1
            return False

    async def _start(self, place: int) -> None:
        settings = {**self._settings, **(self._own[place] if self._own else {})}
        bot = await self._exits.enter_async_context(
            BotProcess(self._installation, patience=120.0, **settings)
        )
        self._all.append(bot)
        self._running[place] = bot, await bot.started()


def _peak_memory(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


def _cpu_seconds(pid: int) -> float:
    """Return user and system time; the second field, the program's name, may hold spaces."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
