"""The bot as an operator runs it: `python app.py`, a process of its own."""

import asyncio
import os
import re
import shutil
import sys
from collections.abc import Awaitable
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Self, TypeVar

import aiohttp
from yarl import URL

T = TypeVar("T")

_ROOT = Path(__file__).parents[2]

#: What a program needs of the machine it runs on; none of it is a setting of the bot's.
_MACHINE = ("PATH", "SYSTEMROOT", "TEMP", "TMPDIR")

_LISTENS_ON = re.compile(r"listens on (http://\S+:\d+)/api/messages")


def install(directory: Path) -> Path:
    """Copy the program into *directory*, without the developer's `.env` and database."""
    for module in _ROOT.glob("*.py"):
        shutil.copy2(module, directory)
    for room in _ROOT.glob("*/__init__.py"):
        if room.parent.name != "tests":
            shutil.copytree(room.parent, directory / room.parent.name)
    return directory


class BotProcess:
    """
    ``async with BotProcess(installation, DATABASE_URL=…) as bot``: runs with these settings and no others.

    It listens on a free port unless told which. However a test ends, the process is gone by then. Waiting
    fails after *patience* seconds, showing what the process printed.
    """

    def __init__(self, installation: Path, *, patience: float = 30.0, **settings: str) -> None:
        self._installation = installation
        self._patience = patience
        self._settings = {"PORT": "0", **settings}
        self._clients = AsyncExitStack()
        self._printed = asyncio.Condition()
        self._mute = False  # Standard output is closed: there is nothing more to wait for.
        self.url = ""  #: Where it listens, once it has `started`.
        self.stdout = ""
        self.stderr = ""

    async def __aenter__(self) -> Self:
        machine = {name: os.environ[name] for name in _MACHINE if name in os.environ}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(self._installation / "app.py"),
            cwd=self._installation,
            env={**machine, **self._settings},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        assert self._process.stdout and self._process.stderr
        self._readers = [
            asyncio.create_task(self._read("stdout", self._process.stdout)),
            asyncio.create_task(self._read("stderr", self._process.stderr)),
        ]
        return self

    async def __aexit__(self, *_exc: object) -> None:
        if self._process.returncode is None:
            await self.kill()
        await self._clients.aclose()

    @property
    def pid(self) -> int:
        return self._process.pid

    async def started(self) -> aiohttp.ClientSession:
        """Wait until it says where it listens; return a client whose paths start there."""

        async def said() -> re.Match[str] | None:
            async with self._printed:
                await self._printed.wait_for(lambda: _LISTENS_ON.search(self.stdout) or self._mute)
            return _LISTENS_ON.search(self.stdout)

        match = await self._patiently(said(), "to say where it listens")
        assert match, f"It did not start, but printed:\n{self.stdout}{self.stderr}"
        self.url = match[1]
        return await self._clients.enter_async_context(aiohttp.ClientSession(self.url))

    async def logged(self, text: str) -> None:
        """Wait until *text* stands on standard error."""

        async def said() -> None:
            async with self._printed:
                await self._printed.wait_for(lambda: text in self.stderr)

        await self._patiently(said(), f"to log {text!r}")

    async def deaf(self) -> None:
        """Wait until it takes no more connections, which is the first thing it does when it is to stop."""

        async def refused() -> None:
            with suppress(OSError):
                while True:
                    _, writer = await asyncio.open_connection(URL(self.url).host, URL(self.url).port)
                    writer.close()

        await self._patiently(refused(), "to take no more connections")

    def terminate(self) -> None:
        """Ask it to stop (SIGTERM)."""
        self._process.terminate()

    async def kill(self) -> None:
        """Stop it as losing power would (SIGKILL), and wait until it is gone."""
        self._process.kill()
        await self.exit_code()

    async def exit_code(self) -> int:
        """Wait until it has ended and all it printed is read; a negative code is the signal it died of."""
        await self._patiently(asyncio.gather(*self._readers), "to end")
        return await self._process.wait()

    async def _read(self, name: str, stream: asyncio.StreamReader) -> None:
        line = b"-"
        while line:
            line = await stream.readline()
            async with self._printed:
                setattr(self, name, getattr(self, name) + line.decode())
                self._mute = self._mute or (name == "stdout" and not line)
                self._printed.notify_all()

    async def _patiently(self, awaitable: Awaitable[T], what: str) -> T:
        try:
            return await asyncio.wait_for(awaitable, self._patience)
        except TimeoutError:
            printed = f"{self.stdout}{self.stderr}" or "nothing"
            raise AssertionError(
                f"Waited {self._patience:g} s for it {what}; it printed:\n{printed}"
            ) from None
