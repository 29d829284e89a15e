"""An async client of the bot's API for jobs."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, NamedTuple, Self
from uuid import uuid4

import aiohttp

from jobctl.output import LOG_TAIL
from jobctl.settings import Settings
from jobctl.signing import signed_headers

#: Seconds for one request, unless it asks the bot to wait.
TIMEOUT = 10.0

_LATER = (408, 425, 429, 500, 502, 503, 504)


class Refused(Exception):
    """The bot refuses the request; repeating it does not help. The message says why."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class Unreachable(Exception):
    """The bot cannot be reached or asks to come later. The same report may be sent again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """A report, ready to be sent, and to be sent again: it has its id."""

    job: int
    kind: str  #: started, progress, heartbeat, succeeded, failed, cancelled.
    content: Mapping[str, Any]
    id: str

    @classmethod
    def new(cls, job: int, kind: str, **content: Any) -> Self:
        """Return a report with a new id; content that is None is left out."""
        given = {name: value for name, value in content.items() if value is not None}
        if "logTail" in given:
            given["logTail"] = given["logTail"][-LOG_TAIL:]
        return cls(job=job, kind=kind, content=given, id=f"jobctl_{uuid4().hex}")


class JobSystem:
    """
    ``async with JobSystem(Settings(url=…, token=…)) as jobs``.

    Methods raise `Refused` and `Unreachable`. With a secret reports are signed; with a token they go to the
    address of the job's reports. Without both, that works on the bot's own machine.
    """

    def __init__(self, settings: Settings, *, timeout: float = TIMEOUT) -> None:
        self._settings = settings
        self._timeout = timeout
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

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
        return await self._ask("POST", "/api/jobs", json=body)

    async def report(self, report: Report) -> dict[str, Any]:
        """Send *report*; return the receipt. The same report may be sent again: it counts once."""
        if self._settings.secret:
            body = json.dumps(
                {"type": f"job.{report.kind}", "data": {"jobId": report.job, **report.content}}
            ).encode()
            signed = signed_headers(self._settings.secret, report.id, body)
            headers = {"Content-Type": "application/json", **signed}
            return await self._ask("POST", "/api/job-events", data=body, headers=headers, bearer=False)
        url = f"/api/jobs/{report.job}/report/{report.kind}"
        return await self._ask("POST", url, json=dict(report.content))

    async def find(self, job: int, *, wait: float = 0, etag: str | None = None) -> dict[str, Any] | None:
        """
        Return a job; with *wait* (seconds) when it has ended and people were told.

        With *etag*, which a job has under ``etag``, when it has changed since; None if it has not.
        """
        headers = {"Prefer": f"wait={wait:.0f}"} if wait else {}
        if etag:
            headers["If-None-Match"] = etag
        found = await self._ask("GET", f"/api/jobs/{job}", headers=headers, longer=wait)
        return found if "jobId" in found else None

    async def cancel(self, job: int, asked_by: str) -> dict[str, Any]:
        """Ask that a job be cancelled; return the receipt."""
        return await self._ask("POST", f"/api/jobs/{job}/cancel", json={"askedBy": asked_by})

    async def list_jobs(self, **filters: str | int | None) -> AsyncIterator[dict[str, Any]]:
        """Yield jobs, the newest first: *filters* are state, title, since, after, limit (of one page)."""
        query = {name: str(value) for name, value in filters.items() if value is not None}
        url: str | None = "/api/jobs"
        while url:
            page = await self._ask("GET", url, params=query)
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

    async def dead_letters(self, **filters: str | int | None) -> list[dict[str, Any]]:
        """Return what was given up on: *filters* are reason, kind, jobId, jobSystem, limit."""
        query = {name: str(value) for name, value in filters.items() if value is not None}
        letters: list[dict[str, Any]] = (await self._ask("GET", "/api/dead-letters", params=query))["letters"]
        return letters

    async def change_dead_letters(
        self, act: str, *, dry_run: bool, **filters: str | int | None
    ) -> dict[str, Any]:
        """*act* is requeue or purge; return what fits by reason, and how many were changed."""
        given = {name: value for name, value in filters.items() if value is not None}
        return await self._ask("POST", f"/api/dead-letters/{act}", json={**given, "dryRun": dry_run})

    async def clock_skew(self) -> float:
        """Return the seconds by which this clock is ahead of the bot's, as its answers date them."""
        answer = await self._exchange("GET", "/healthz")
        date = answer.headers.get("Date")
        if answer.status != 200 or date is None:
            raise Refused(answer.status, f"it answers {answer.status} to /healthz")
        return time.time() - parsedate_to_datetime(date).timestamp()

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        bearer: bool = True,
        headers: Mapping[str, str] | None = None,
        longer: float = 0,
        **request: Any,
    ) -> dict[str, Any]:
        given = dict(headers or {})
        if bearer and self._settings.token:
            given["Authorization"] = f"Bearer {self._settings.token}"
        answer = await self._exchange(method, path, headers=given, longer=longer, **request)
        said = _object(answer.text)
        if answer.status in _LATER:
            raise Unreachable(f"the bot answers {answer.status}: {said.get('detail', answer.text[:200])}")
        if answer.status >= 300 and answer.status != 304:
            raise Refused(answer.status, _explained(answer.status, said, answer.text))
        if "ETag" in answer.headers and said:
            said["etag"] = answer.headers["ETag"]
        return said

    async def _exchange(self, method: str, path: str, *, longer: float = 0, **request: Any) -> "_Answer":
        if self._session is None:
            raise RuntimeError("use `async with JobSystem(…)`")
        url, timeout = self._settings.url + path, aiohttp.ClientTimeout(total=self._timeout + longer)
        try:
            async with self._session.request(
                method, url, timeout=timeout, allow_redirects=False, **request
            ) as answer:
                return _Answer(answer.status, answer.headers, await answer.text(errors="replace"))
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError.
            said = error or type(error).__name__
            raise Unreachable(f"{self._settings.url} does not answer: {said}") from error


class _Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    text: str


def is_over(job: Mapping[str, Any]) -> bool:
    """Return whether the job has ended and nobody is still to be told."""
    ended = job["state"] in ("succeeded", "failed", "cancelled")
    return ended and all(notice["state"] in ("delivered", "dead") for notice in job["notices"])


def _object(text: str) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _explained(status: int, said: Mapping[str, Any], text: str) -> str:
    places = "; ".join(f"{each['pointer']}: {each['detail']}" for each in said.get("errors", ()))
    detail = said.get("detail") or f"the bot answers {status}: {text[:200]}"
    return f"{detail} ({places})" if places else str(detail)
