"""Faults of the channel, of the directory that gives tokens, and of a job system."""

import asyncio
import json
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

import aiohttp

from tests.fakes.fake_connector import Answer
from tests.fakes.fake_identity import CHANNEL_METADATA, DIRECTORY_METADATA, TOKEN, FakeIdentity
from tests.fakes.job_system import FakeJobSystem
from tests.fakes.ports import free_port
from tests.fakes.signing import SECRET
from tests.fakes.token_mint import APP_ID, TokenMint
from tests.faults.drill import drilled_bot
from tests.faults.drill.fault import PERSON, Fault
from tests.faults.ledger import jobs_told


class ChannelDown(Fault):
    what = "the channel's service refuses connections"
    alerts = frozenset({"CircuitOpen", "NoticesLate"})  # Answers are owed, so turns do not fail.

    async def strike(self) -> None:
        await self.connector.close()

    async def mend(self) -> str:
        await self.connector.open()
        return f"the channel is back; {await self.try_now()}"


class Blocked(Fault):
    what = "25 people's channel says 403 `ConversationBlockedByUser`"
    alerts = frozenset({"ParksMany"})
    within = 120.0

    async def prepare(self) -> None:
        await super().prepare()
        self._others = [await self.bot.ask(f"blocked-{number}") for number in range(24)]

    async def strike(self) -> None:
        self.connector.rule = self._refuse
        for job in self._others:
            await self.bot.complete(job)

    async def mend(self) -> str:
        self.connector.rule = None
        await self.bot.jobctl("operate", "try", f"emulator/{PERSON}")
        return "the app is allowed again; `jobctl operate try emulator/person`"

    def _refuse(self, conversation: str, _activity: dict[str, Any]) -> Answer | None:
        sick = conversation == PERSON or conversation.startswith("blocked-")
        return Answer.error(403, "ConversationBlockedByUser") if sick else None


class Throttled(Fault):
    what = "one conversation gets 429 with `Retry-After: 3600`"
    alerts = frozenset({"NoticesLate"})

    async def strike(self) -> None:
        self.connector.rule = self._refuse

    async def mend(self) -> str:
        self.connector.rule = None
        return f"the channel takes messages again; {await self.try_now()}"

    def _refuse(self, conversation: str, _activity: dict[str, Any]) -> Answer | None:
        return Answer.error(429, "Throttled", Retry_After="3600") if conversation == PERSON else None


class Poison(Fault):
    what = "the channel answers 400 `BadArgument` to one notice"
    alerts = frozenset({"DeadLetters"})

    async def prepare(self) -> None:
        await super().prepare()
        self._behind = await self.bot.ask(PERSON)

    async def strike(self) -> None:
        self.connector.rule = self._refuse

    async def end(self) -> None:
        await self.bot.complete(self.job)
        await self.bot.complete(self._behind)

    async def mend(self) -> str:
        assert self.bot.times_told(PERSON, self._behind) == 1, "the notice behind it was told"
        self.connector.rule = None
        clicked = await self.bot.click(f"/jobs/{self.job}", f"/jobs/{self.job}/requeue")
        return f"the channel takes that message; {clicked}"

    def _refuse(self, _conversation: str, activity: dict[str, Any]) -> Answer | None:
        poison = self.job in jobs_told(activity.get("text") or "")
        return Answer.error(400, "BadArgument") if poison else None


class TokenRefused(Fault):
    what = "the login endpoint says 401 `invalid_client`"
    alerts = frozenset({"NoToken", "NoticesLate"})  # As above.
    within = 600.0

    async def settings(self, exits: AsyncExitStack) -> dict[str, str]:
        self._identity = identity = await exits.enter_async_context(FakeIdentity())
        # The token of before lives for two minutes more, so that its end is in the drill.
        identity.tokens.append({"access_token": "first", "token_type": "Bearer", "expires_in": 120})
        return {
            "MicrosoftAppId": APP_ID,
            "MicrosoftAppPassword": "the-secret-of-before",
            "BotOpenIdMetadata": identity.url(CHANNEL_METADATA),
            "ToBotFromEmulatorOpenIdMetadataUrl": identity.url(DIRECTORY_METADATA),
            "ToChannelFromBotLoginUrl": identity.authority,
            "REQUESTS_CA_BUNDLE": str(identity.certificate),
            "SERVICE_URL_HOSTS": "http://127.0.0.1",
            "JOB_SYSTEM_CHANNELS": "webchat",
            "OPERATOR_SECRETS": drilled_bot.TOKEN,
        }

    def headers(self) -> dict[str, str]:
        token = TokenMint(datetime.now(UTC)).channel(serviceurl=self.connector.service_url)
        return {"Authorization": f"Bearer {token}"}

    async def strike(self) -> None:
        said = {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret."}
        self._identity.fail(TOKEN, 401, text=json.dumps(said), content_type="application/json")

    async def mend(self) -> str:
        self._identity.unscript(TOKEN)
        self.bot.settings["MicrosoftAppPassword"] = "the-new-secret"
        await self.bot.restart()
        return "a new `MicrosoftAppPassword`, restart"


class WebhookDown(Fault):
    what = "the job system refuses connections"
    alerts = frozenset({"WebhooksFail"})
    within = 690.0

    async def settings(self, exits: AsyncExitStack) -> dict[str, str]:
        self._port, self._exits = free_port(), exits
        return {
            "JOB_WEBHOOK_URL": f"http://127.0.0.1:{self._port}/events",
            "JOB_WEBHOOK_SECRET": SECRET,
            "JOB_WEBHOOK_ALLOW_PRIVATE": "true",
        }

    async def prepare(self) -> None:
        """Start the job system; the job is asked for when it is away."""
        self._system = FakeJobSystem(port=self._port)
        await self._system.__aenter__()
        await self.bot.ask("somebody")
        await self._system.event("job.created")

    async def strike(self) -> None:
        await self._system.__aexit__()
        self.job = await self.bot.ask(PERSON)

    async def end(self) -> None:
        """Work on the job, and report its end, once the job system has heard of it."""
        while True:
            for event in list(self._system.taken):
                if event.type == "job.created" and event.data["jobId"] == self.job:
                    return await self._report(event.data["report"])
            await asyncio.sleep(0.2)

    async def _report(self, report: dict[str, str]) -> None:
        headers = {"Authorization": f"Bearer {report['token']}"}
        async with aiohttp.ClientSession(headers=headers) as client:
            for what in ("started", "exit/0"):
                async with client.post(f"{report['url']}/{what}") as answer:
                    assert answer.status == 202, await answer.text()

    async def mend(self) -> str:
        self._system = await self._exits.enter_async_context(FakeJobSystem(port=self._port))
        waiting = map(json.loads, (await self.bot.jobctl("operate", "waiting", "--json")).splitlines())
        (queue,) = [each["queue"] for each in waiting if each.get("jobId") == self.job]
        await self.bot.jobctl("operate", "try", queue)
        return "the job system is back; `jobctl operate waiting --json`, `jobctl operate try <queue>`"
