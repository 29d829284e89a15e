"""An async client of the bot's API for jobs."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Mapping
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from jobctl.connection import Connection, Refused, Unreachable, object_in
from jobctl.reporting import Report, reporter
from jobctl.settings import Settings

__all__ = ["JobSystem", "Refused", "Report", "Unreachable", "is_over"]

#: Seconds for one request, unless it asks the bot to wait.
TIMEOUT = 10.0


class JobSystem:
    """
    ``async with JobSystem(Settings(url=…, token=…)) as jobs``.

    Methods raise `Refused` and `Unreachable`. With a secret reports are signed; with a token they go to the
    address of the job's reports. Without both, that works on the bot's own machine. They are event activities
    where the settings say so.
    """

    def __init__(self, settings: Settings, *, timeout: float = TIMEOUT) -> None:
        self._bot = Connection(settings, timeout)
        self._reporter = reporter(settings, self._bot)

    async def __aenter__(self) -> Self:
        await self._bot.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._bot.close()

    async def create(
        self,
        title: str | None = None,
        *,
        external_id: str | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Start a job that no chat asked for; return it. The same *external_id* names the same job."""
        asked = {"title": title, "externalId": external_id, "labels": labels or None}
        body = {name: value for name, value in asked.items() if value is not None}
        return await self._bot.ask("POST", "/api/jobs", json=body)

    async def report(self, report: Report) -> dict[str, Any]:
        """Send *report*; return the receipt. The same report may be sent again: it counts once."""
        return await self._reporter.send(report)

    async def find(self, job: int, *, wait: float = 0, etag: str | None = None) -> dict[str, Any] | None:
        """
        Return a job; with *wait* (seconds) when it has ended and people were told.

        With *etag*, which a job has under ``etag``, when it has changed since; None if it has not.
        """
        headers = {"Prefer": f"wait={wait:.0f}"} if wait else {}
        if etag:
            headers["If-None-Match"] = etag
        found = await self._bot.ask("GET", f"/api/jobs/{job}", headers=headers, longer=wait)
        return found if "jobId" in found else None

    async def cancel(self, job: int, asked_by: str) -> dict[str, Any]:
        """Ask that a job be cancelled; return the receipt."""
        return await self._bot.ask("POST", f"/api/jobs/{job}/cancel", json={"askedBy": asked_by})

    async def list_jobs(self, **filters: str | int | None) -> AsyncIterator[dict[str, Any]]:
        """Yield jobs, the newest first: *filters* are state, title, since, after, limit (of one page)."""
        query = {name: str(value) for name, value in filters.items() if value is not None}
        url: str | None = "/api/jobs"
        while url:
            page = await self._bot.ask("GET", url, params=query)
            for job in page["jobs"]:
                yield job
            url, query = page.get("next"), {}

    async def watch(self, job: int, *, patience: float = 30.0) -> AsyncIterator[dict[str, Any]]:
        """
        Yield a job as it is, and each time that it has changed, until people were told of its end.

        While the bot cannot be reached, it is asked again.
        """
        etag, pause = None, 0.5
        while True:
            try:
                found = await self.find(job, wait=patience if etag else 0, etag=etag)
            except Unreachable:
                await asyncio.sleep(pause)
                pause = min(10.0, 2 * pause)
                continue
            pause = 0.5
            if found is None:
                continue
            etag = found.pop("etag", None)
            yield found
            if is_over(found):
                return

    async def changes(self) -> AsyncIterator[dict[str, Any]]:
        """
        Yield each job when it changes, without end; first those that have not ended.

        After a break it goes on where it was, as long as the bot remembers that.
        """
        last, pause = "", 0.5
        while True:
            try:
                async for event in self._bot.events("/api/jobs/stream", last):
                    last, pause = event.id, 0.5
                    if event.name == "job":
                        yield object_in(event.data)
            except Unreachable:
                await asyncio.sleep(pause)
                pause = min(10.0, 2 * pause)

    async def dead_letters(self, **filters: str | int | None) -> list[dict[str, Any]]:
        """Return what was given up on: *filters* are reason, kind, jobId, jobSystem, limit."""
        query = {name: str(value) for name, value in filters.items() if value is not None}
        letters: list[dict[str, Any]] = (await self._bot.ask("GET", "/api/dead-letters", params=query))[
            "letters"
        ]
        return letters

    async def change_dead_letters(
        self, act: str, *, dry_run: bool, **filters: str | int | None
    ) -> dict[str, Any]:
        """*act* is requeue or purge; return what fits by reason, and how many were changed."""
        given = {name: value for name, value in filters.items() if value is not None}
        body = {**given, "dryRun": dry_run}
        return await self._bot.ask("POST", f"/api/dead-letters/{act}", headers=_named(), json=body)

    async def parked(self, *, limit: int = 100) -> list[dict[str, Any]]:
        """Return the conversations that cannot be told anything now, the longest parked first."""
        asked = await self._bot.ask("GET", "/api/parked", params={"limit": str(limit)})
        conversations: list[dict[str, Any]] = asked["conversations"]
        return conversations

    async def operate(self, method: str, path: str, **said: str | int | None) -> dict[str, Any]:
        """Return what the bot answers an operator at *path*; *said* is the query of a GET, else the body."""
        given = {name: value for name, value in said.items() if value is not None}
        request: dict[str, Any] = {"json": given}
        if method == "GET":
            request = {"params": {name: str(value) for name, value in given.items()}}
        return await self._bot.ask(method, f"/api/operators/{path}", headers=_named(), **request)

    async def clock_skew(self) -> float:
        """Return the seconds by which this clock is ahead of the bot's, as its answers date them."""
        answer = await self._bot.exchange("GET", "/healthz")
        date = answer.headers.get("Date")
        if answer.status != 200 or date is None:
            raise Refused(answer.status, f"it answers {answer.status} to /healthz")
        return time.time() - parsedate_to_datetime(date).timestamp()


def _named() -> dict[str, str]:
    """Return the header under which the bot records an act."""
    name = os.environ.get("USER") or os.environ.get("USERNAME") or ""
    return {"Operator-Name": quote(f"{name} by jobctl")} if name else {}


def is_over(job: Mapping[str, Any]) -> bool:
    """Return whether the job has ended and nobody is still to be told."""
    ended = job["state"] in ("succeeded", "failed", "cancelled")
    return ended and all(notice["state"] in ("delivered", "dead", "unwanted") for notice in job["notices"])
