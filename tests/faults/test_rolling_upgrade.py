"""
Two replicas, upgraded one after the other over a change of the schema, under load: nothing is lost.

The version before is taken from the history: the one before the newest migration was added.
"""

import asyncio
import shutil
import subprocess
import tarfile
from contextlib import AsyncExitStack
from io import BytesIO
from pathlib import Path

import aiohttp
import pytest

from tests.fakes.bot_process import BotProcess, install
from tests.fakes.chat import Chat
from tests.fakes.schemas import new_schema
from tests.faults.ledger import jobs_told

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
MIGRATIONS = "state/store/migrations/versions"
CHATS = 4


def git(*arguments):
    command = [shutil.which("git") or "git", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)  # noqa: S603
    return done.stdout if done.returncode == 0 else b""


@pytest.fixture
def version_before(tmp_path):
    """The program as it was before the newest migration."""
    added = git("log", "--diff-filter=A", "--format=%H", "-1", "--", MIGRATIONS).decode().strip()
    archive = git("archive", f"{added}~1") if added and shutil.which("git") else b""
    if not archive:
        pytest.skip("the history of the program is not here")
    folder = tmp_path / "before"
    with tarfile.open(fileobj=BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    assert len([*(folder / MIGRATIONS).glob("0*.py")]) < len([*(ROOT / MIGRATIONS).glob("0*.py")])
    return folder


class Load:
    """People who start and complete jobs, each at whatever replica answers."""

    def __init__(self, connector):
        self.connector = connector
        self.replicas: list[aiohttp.ClientSession] = []
        self.completed: list[int] = []
        self.enough = asyncio.Event()

    async def talk(self, name):
        turn = 0
        while not self.enough.is_set():
            turn += 1
            try:
                number = await self._run(name, f"{name}-{turn}", turn)
                await self._say(name, f"done {number}", f"{name}-{turn}-done", turn)
            except (aiohttp.ClientError, TimeoutError):  # The channel says it again, or the person.
                await asyncio.sleep(0.05)
                continue
            self.completed.append(number)

    async def _run(self, name, key, turn):
        await self._say(name, "run", key, turn)
        answers = [each for each in self.connector.in_conversation(name) if each.reply_to_id == key]
        return int(answers[0].text.split("job ")[1].split()[0])

    async def _say(self, name, text, key, turn):
        replica = self.replicas[turn % len(self.replicas)]
        chat = Chat(client=replica, connector=self.connector, conversation_id=name)
        response = await chat.post(type="message", text=text, id=key)
        if response.status != 200:
            raise aiohttp.ClientError(response.status)

    async def goes_on(self, more):
        """Wait until so many more jobs are completed."""
        goal = len(self.completed) + more
        async with asyncio.timeout(60):
            while len(self.completed) < goal:  # noqa: ASYNC110
                await asyncio.sleep(0.02)


async def test_nothing_is_lost_and_both_versions_serve_meanwhile(version_before, tmp_path, connector):
    now = tmp_path / "now"
    now.mkdir()
    install(now)
    load = Load(connector)
    async with AsyncExitStack() as stack:
        await _upgrade(load, stack, version_before, now, new_schema())


async def _upgrade(load, stack, before, now, url):
    settings = {
        "DATABASE_URL": url,
        "LEASE_SECONDS": "3",
        "SEND_TIMEOUT_SECONDS": "2",
        "CONNECT_TIMEOUT_SECONDS": "1",
    }
    running = []
    for _ in range(2):
        process = await stack.enter_async_context(BotProcess(before, **settings))
        running.append((process, await process.started()))
        load.replicas = [client for _, client in running]
    people = [asyncio.create_task(load.talk(f"person-{number}")) for number in range(CHATS)]
    await load.goes_on(20)
    for _ in range(2):
        process = await stack.enter_async_context(BotProcess(now, **settings))
        running.append((process, await process.started()))
        load.replicas = [client for _, client in running]
        await load.goes_on(20)  # Both versions answer, on the new schema.
        leaving, _ = running.pop(0)
        load.replicas = [client for _, client in running]
        leaving.terminate()
        assert await leaving.exit_code() == 0
        await load.goes_on(20)
    load.enough.set()
    await asyncio.gather(*people)
    completed = set(load.completed)

    def told():
        return {number for each in load.connector.delivered for number in jobs_told(each.text)}

    await load.connector.until(lambda _: completed <= told(), "every notice")
