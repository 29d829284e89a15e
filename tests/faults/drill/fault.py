"""What every fault of the drill has: its bot, the person who waits, the alerts, and how it is mended."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import ClassVar

from tests.fakes.fake_connector import Answer, FakeConnector
from tests.faults.drill.drilled_bot import TOKEN, DrilledBot

#: The conversation that the drill looks at.
PERSON = "person"


class Fault:
    """One fault. `strike` makes it; `mend` undoes it and returns what an operator did, in Markdown."""

    what: ClassVar[str]
    #: Alerts that the drill waits for, without ``ProactiveBot``.
    alerts: ClassVar[frozenset[str]]
    #: Seconds after the fault until which they must fire.
    within: ClassVar[float] = 480.0
    #: Whether the job has ended and its notice waits when the fault comes; else it ends during the fault.
    owed: ClassVar[bool] = False

    waits = 20  #: Seconds until that notice is due.

    bot: DrilledBot
    job: int

    async def open(self, exits: AsyncExitStack, installation: Path, database: Path) -> None:
        """Start the bot."""
        self.connector = await exits.enter_async_context(FakeConnector(patience=60))
        settings = {
            "METRICS_TOKENS": TOKEN,
            "DATABASE_URL": f"sqlite:///{database}",
            **await self.settings(exits),
        }
        headers = self.headers()
        replicas = int(settings.pop("replicas", "1"))
        self.bot = await exits.enter_async_context(
            DrilledBot(installation, self.connector, replicas=replicas, headers=headers, **settings)
        )

    async def settings(self, exits: AsyncExitStack) -> dict[str, str]:
        """Return settings of its own; what they need is closed with *exits*."""
        return {}

    def headers(self) -> dict[str, str]:
        """Return what callers send along."""
        return {}

    async def prepare(self) -> None:
        """Let the person ask for the job, before the fault."""
        self.job = await self.bot.ask(PERSON)

    async def owe(self) -> None:
        """End the job now, so that its notice waits for some seconds when the fault comes."""
        self.connector.script(PERSON, Answer.error(429, "Throttled", Retry_After=str(self.waits)))
        await self.bot.complete(self.job)
        while "failed" not in await self.bot.board(f"/jobs/{self.job}"):  # noqa: ASYNC110
            await asyncio.sleep(0.05)  # It is settled: no lease is left when the fault comes.

    async def strike(self) -> None:
        raise NotImplementedError

    async def end(self) -> None:
        """Let the job end during the fault."""
        await self.bot.complete(self.job)

    async def mend(self) -> str:
        raise NotImplementedError

    async def try_now(self) -> str:
        """Click the button that tries the person's conversation."""
        return await self.bot.click(f"/jobs/{self.job}", "/queues/try")
