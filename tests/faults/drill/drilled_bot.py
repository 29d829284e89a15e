"""A bot that runs as processes, with people who use it, and what its operator sees and does."""

import asyncio
import html
import re
import sys
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Self

import aiohttp

from tests.fakes.bot_process import BotProcess
from tests.fakes.chat import Chat
from tests.fakes.fake_connector import FakeConnector, Received
from tests.fakes.ports import free_port
from tests.faults.ledger import jobs_told

#: Of METRICS_TOKENS, OPERATOR_SECRETS and JOB_API_TOKENS.
TOKEN = "0123456789abcdef0123456789abcdef-drill"  # noqa: S105

#: Seconds: between two acts of the neighbour, until a caller hangs up, until a fault must be over.
_PACE, _HANGS_UP, _PATIENCE = 1.0, 15.0, 150.0

_NUMBER = re.compile(r"job (\d{16})")
_ANSWER = re.compile(r'<p class="answer">(.*?)</p>', re.DOTALL)
_PROBLEM = re.compile(r"<h1>(.*?)</h1>\s*<p>(.*?)</p>", re.DOTALL)

_JOBCTL = Path(__file__).parents[3] / "jobctl" / "src"


class DrilledBot:
    """``async with DrilledBot(…) as bot``: *replicas* processes on one database, each with a port."""

    def __init__(
        self,
        installation: Path,
        connector: FakeConnector,
        *,
        replicas: int = 1,
        headers: Mapping[str, str] | None = None,
        **settings: str,
    ) -> None:
        """Callers send *headers*; without any, authentication is off and the channel is the Emulator."""
        self.installation = installation
        self.connector = connector
        self.settings = {"LOG_LEVEL": "INFO", **settings}
        self.ports = [free_port() for _ in range(replicas)]
        self.running: list[BotProcess] = []
        self._headers = dict(headers or {})
        self._channel = "webchat" if headers else "emulator"
        self._exits = AsyncExitStack()

    async def __aenter__(self) -> Self:
        patience = aiohttp.ClientTimeout(total=_HANGS_UP)
        self._client = await self._exits.enter_async_context(aiohttp.ClientSession(timeout=patience))
        for place in range(len(self.ports)):
            self.running.append(await self._begun(place))
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self._exits.aclose()

    async def _begun(self, place: int) -> BotProcess:
        port = {"PORT": str(self.ports[place])}
        bot = BotProcess(self.installation, patience=120.0, **{**self.settings, **port})
        await self._exits.enter_async_context(bot)
        await bot.started()
        return bot

    async def restart(self, place: int = 0) -> None:
        """Start a process in the place of one; it is killed first if it still runs."""
        with suppress(ProcessLookupError):
            await self.running[place].kill()
        self.running[place] = await self._begun(place)

    def url(self, place: int = -1) -> str:
        """Return where a process listens: by default the last one; of two the first has the fault."""
        return f"http://localhost:{self.ports[place]}"

    def chat(self, conversation: str, place: int = -1) -> Chat:
        """Return a conversation, whose messages go to one process."""
        return Chat(
            client=_At(self._client, self.url(place)),  # type: ignore[arg-type]
            connector=self.connector,
            conversation_id=conversation,
            channel_id=self._channel,
            headers=self._headers,
        )

    async def ask(self, conversation: str) -> int:
        """Start a job in *conversation*; return its number."""
        match = _NUMBER.search(await self.chat(conversation).say("run"))
        assert match
        return int(match[1])

    async def complete(self, job: int) -> None:
        """Report, as a job system does, until it is answered 200 that *job* is complete."""
        system = self.chat("job-system")
        fields = {"type": "event", "name": "jobComplete", "value": {"jobId": job}}
        while not await _taken(system, fields):  # noqa: ASYNC110  # As a job system does.
            await asyncio.sleep(1)

    async def neighbour(self) -> None:
        """Ask for jobs and complete them in another conversation, until this is cancelled."""
        there, asked = self.chat("neighbour"), 0
        while True:
            await asyncio.sleep(_PACE)
            heard = [number for each in self._heard("neighbour") for number in _NUMBER.findall(each.text)]
            text = f"done {heard[-1]}" if asked % 2 and heard else "run"
            asked += await _taken(there, {"type": "message", "text": text})

    def _heard(self, conversation: str) -> list[Received]:
        return [each for each in self.connector.in_conversation(conversation) if each.answer.delivers]

    def times_told(self, conversation: str, job: int) -> int:
        """Return how often a person there was told that *job* is complete."""
        return sum(job in jobs_told(each.text) for each in self._heard(conversation))

    async def told(self, conversation: str, job: int) -> float | None:
        """Wait until a person is told of *job*; return the seconds that took, None if it took too long."""
        began = time.monotonic()
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                while not self.times_told(conversation, job):  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
            return time.monotonic() - began
        return None

    async def board(self, path: str = "") -> str:
        """Return the sentence on a page of the board, or what stands there instead."""
        headers = {"Accept": "text/html"}
        try:
            async with self._client.get(f"{self.url()}/board{path}", headers=headers) as answer:
                text = await answer.text()
        except aiohttp.ClientError as error:
            return f"({type(error).__name__})"
        except TimeoutError:
            return f"(no answer within {_HANGS_UP:g} s)"
        if found := _ANSWER.search(text):
            return html.unescape(found[1])
        found = _PROBLEM.search(text)
        return f"({answer.status}: {html.unescape(found[2])})" if found else f"({answer.status})"

    async def board_or_jobctl(self, job: int) -> str:
        """Return the sentence about *job*; by jobctl where the board wants a sign-in, which needs https."""
        if not self._headers:
            return await self.board(f"/jobs/{job}")
        return (await self.jobctl("operate", "why", str(job))).partition("\n")[0]

    async def click(self, page: str, action: str) -> str:
        """Click the button of the form that acts at *action* on a page of the board; return its words."""
        async with self._client.get(f"{self.url()}/board{page}") as answer:
            text = await answer.text()
        opens = f'<form method="post" action="/board{re.escape(action)}">'
        form = re.search(rf"{opens}(.*?)</form>", text, re.DOTALL)
        assert form, f"no such button on {page}"
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="(.*?)">', form[1]))
        fields = {name: html.unescape(value) for name, value in fields.items()}
        headers = {"Origin": self.url()}
        async with self._client.post(f"{self.url()}/board{action}", data=fields, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
        button = re.search(r"<button.*?>(.*?)</button>", form[1])
        return f"board: *{button[1] if button else action}*"

    async def jobctl(self, *arguments: str) -> str:
        """Run jobctl as an operator; return what it prints."""
        environment = {"PYTHONPATH": str(_JOBCTL), "JOBCTL_URL": self.url()}
        if self._headers:
            environment["JOBCTL_TOKEN"] = TOKEN
        return await self._run("-m", "jobctl", *arguments, cwd=None, **environment)

    async def operate(self, *arguments: str) -> str:
        """Run ``python -m operate`` on the host; return what it prints."""
        return await self._run("-m", "operate", *arguments, cwd=self.installation, **self.settings)

    async def _run(self, *arguments: str, cwd: Path | None, **environment: str) -> str:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *arguments,
            cwd=cwd,
            env={"PATH": "/usr/bin:/bin", **environment},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            printed, _ = await asyncio.wait_for(process.communicate(), 60)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        assert process.returncode == 0, printed.decode()
        return printed.decode()


class _At:
    """Posts to paths of one process with a client that all share."""

    def __init__(self, client: aiohttp.ClientSession, url: str) -> None:
        self._client = client
        self._url = url

    def post(self, path: str, **options: object) -> object:
        return self._client.post(self._url + path, **options)  # type: ignore[arg-type]


async def _taken(chat: Chat, fields: dict[str, object]) -> bool:
    """Post an activity; return whether that was answered 200."""
    try:
        return (await chat.post(**fields)).status == 200
    except (aiohttp.ClientError, TimeoutError):
        return False
