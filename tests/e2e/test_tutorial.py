"""The tutorial, run from top to bottom: each command, file and message, and what it says will come back."""

import asyncio
import os
import re
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.fakes.chat import Chat

ROOT = Path(__file__).parents[2]
TUTORIAL = (ROOT / "docs" / "tutorials" / "first-job-system.md").read_text("utf-8")

_BLOCK = re.compile(r"^```(console|chat|python)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_RECEIVER = "python3 receiver.py"


class Step(NamedTuple):
    """What the reader does, and what comes back."""

    kind: str
    does: str
    reads: str


def steps() -> list[Step]:
    """Return the steps of the tutorial in their order."""
    found = []
    for kind, body in _BLOCK.findall(TUTORIAL):
        if kind == "python":
            found.append(Step(kind, body, ""))
            continue
        mark = "$ " if kind == "console" else "you: "
        for part in re.split(rf"^(?={re.escape(mark)})", body, flags=re.MULTILINE):
            does, reads = part.split("\n", 1) if part.startswith(mark) else ("", part)
            if does or reads:
                found.append(Step(kind, does.removeprefix(mark), reads.rstrip("\n")))
    return found


def alike(text: str) -> str:
    """Return *text* as a client shows it, with the numbers that differ each time replaced."""
    text = re.sub(r"^```\n?", "", text, flags=re.MULTILINE).replace("\\*", "*")
    text = re.sub(r"It took [\d.]+ m?s\.", "It took 168 ms.", text)
    said = re.sub(r"\b\d{16}\b", "1795294574004123", text)
    said = re.sub(r"this clock is .*? the bot's", "this clock is the bot's", said)
    return re.sub(r"http://localhost:\d+", "http://localhost:3978", said).rstrip()


class Reader:
    """A person at a terminal beside the bot."""

    def __init__(self, folder: Path, bot_url: str, hook: int) -> None:
        """Work in *folder*; the bot is at *bot_url*, and the receiver's port is *hook*."""
        self._folder, self._url, self._hook = folder, bot_url, hook
        (folder / "bin").mkdir()
        for name, script in {
            "jobctl": f'PYTHONPATH={ROOT}/jobctl/src exec {sys.executable} -m jobctl "$@"',
            "python3": f'exec {sys.executable} "$@"',
            "pip": "true",  # Installing is not what is tried here.
        }.items():
            (folder / "bin" / name).write_text(f"#!/bin/sh\n{script}\n")
            (folder / "bin" / name).chmod(0o755)
        self._exported = ""

    def own(self, text: str) -> str:
        """Return *text* with the ports of this run."""
        return text.replace("http://localhost:3978", self._url).replace("8080", str(self._hook))

    async def run(self, line: str) -> str:
        """Run *line* as typed; return what it prints."""
        if line.startswith("export"):
            self._exported += self.own(line) + "\n"
        process = await self._start(line)
        out, _ = await asyncio.wait_for(process.communicate(), 30)
        assert process.returncode == 0, out.decode()
        return out.decode()

    @asynccontextmanager
    async def running(self, line: str) -> AsyncIterator[None]:
        """Run *line* as long as the context lasts, from when its port is open."""
        process = await self._start(f"exec {line}")
        try:
            async with asyncio.timeout(30):
                while not await self._is_open():
                    assert process.returncode is None
            yield
        finally:
            process.kill()
            await process.wait()

    async def _is_open(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("localhost", self._hook)
        except OSError:
            return False
        writer.close()
        return True

    async def _start(self, line: str) -> asyncio.subprocess.Process:
        environment = {"PATH": f"{self._folder / 'bin'}:{os.environ['PATH']}", "HOME": str(self._folder)}
        return await asyncio.create_subprocess_exec(
            *("bash", "-euc", self._exported + self.own(line)),
            env=environment,
            cwd=self._folder,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("localhost", 0))
        return int(found.getsockname()[1])


@pytest.mark.slow
async def test_a_reader_who_does_what_it_says_reads_what_it_says(start_bot, talk, tmp_path):
    port, found = free_port(), []
    reader = Reader(tmp_path, f"http://localhost:{port}", free_port())
    file = tmp_path / ".env"
    async with AsyncExitStack() as stack:
        bot = await stack.enter_async_context(start_bot(PORT=str(port)))
        chat: Chat = await talk(bot, "a")
        for step in steps():
            if step.kind == "python":
                (tmp_path / "receiver.py").write_text(reader.own(step.does))
                # It is here that the page says to start the bot again, with what was written to .env.
                bot.terminate()
                assert await bot.exit_code() == 0
                settings = dict(line.split("=", 1) for line in file.read_text().splitlines())
                bot = await stack.enter_async_context(start_bot(PORT=str(port), **settings))
                chat = await talk(bot, "a")
            elif step.kind == "chat":
                if step.does:
                    assert (await chat.post(type="message", text=step.does)).status == 200
                texts = re.split(r"^bot: ", step.reads, flags=re.MULTILINE)[1:]
                heard = [(await chat.heard()).text for _ in texts]
                found.append((step.does, [alike(each) for each in texts], [alike(each) for each in heard]))
            elif step.does == _RECEIVER:
                await stack.enter_async_context(reader.running(step.does))
            else:
                found.append((step.does, alike(step.reads), alike(await reader.run(step.does))))
    assert len(found) >= 10
    assert [(does, said, came) for does, said, came in found if said != came] == []
