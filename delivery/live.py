"""
Keeps live messages up to date: at most one update of a message every few seconds, and the last state always.

There is no queue of updates: a message that shows something else than its job is updated to what the job is
then. What this process changed is looked at soon; all are, now and then, since another process may have died.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Protocol

from delivery.errors import Blocked, DeliveryError, OutcomeUnknown, Rejected, Throttled, Unavailable
from delivery.meter import Completed, unmeasured
from delivery.retry import backoff
from delivery.rounds import beside, logged_failures
from jobs.job import JOB_ID_LIMIT, Job, JobId
from jobs.live import LiveMessage
from state.store.live import CLAIMED_TOGETHER

_log = logging.getLogger(__name__)

_BASE, _CAP = timedelta(seconds=5), timedelta(minutes=5)

#: After so many failures in a row a message is not updated any more; the end is told by a notice anyway.
_MOST_ATTEMPTS = 20

#: Jobs that are remembered to have changed; more are found by looking at all.
_REMEMBERED = 10_000


class LiveStore(Protocol):
    """The methods of a store that are used here; see `state.store.port.LiveMessageStore`."""

    async def claim_live(self, job_ids: Collection[JobId] | None) -> list[LiveMessage]: ...
    async def differing(self, job_ids: Collection[JobId]) -> set[JobId]: ...
    async def shown(self, job: Job, message_id: str) -> None: ...
    async def put_off_live(self, job_id: JobId, after: timedelta) -> None: ...
    async def forget_live(self, job_id: JobId) -> None: ...


class LiveSender(Protocol):
    """Updates messages in channels."""

    async def show(self, message: LiveMessage) -> str:
        """
        Make *message* show its job; return its id, a new one if it had to be sent anew.

        Raises `DeliveryError`.
        """


class LiveMessages:
    """Updates live messages. Any number of processes may do that for one database."""

    def __init__(
        self,
        store: LiveStore,
        sender: LiveSender,
        *,
        send_timeout: timedelta,
        spread: Callable[[], float],
        every: timedelta = timedelta(milliseconds=500),
        all_every: timedelta = timedelta(seconds=30),
        completed: Completed = unmeasured,
    ) -> None:
        """
        Look *every* so often at what changed here, and *all_every* at all; *spread* is for retries.

        *completed* is told of each look at all.
        """
        self._store = store
        self._completed = completed
        self._sender = sender
        self._send_timeout = send_timeout.total_seconds()
        self._spread = spread
        self._every = every.total_seconds()
        self._all_every = all_every.total_seconds()
        self._changed: set[JobId] = set()

    def changed(self, job_id: JobId) -> None:
        """Note that a job has changed; returns at once."""
        # A report may name any number; no job has one so great, and the database could not be asked for it.
        if job_id < JOB_ID_LIMIT and len(self._changed) < _REMEMBERED:
            self._changed.add(job_id)

    def running(self) -> AbstractAsyncContextManager[None]:
        """Update messages while the body runs."""
        return beside(self._update_on(), "update live messages")

    async def _update_on(self) -> None:
        all_at = time.monotonic()
        while True:
            if time.monotonic() >= all_at:
                all_at = time.monotonic() + self._all_every
                with logged_failures("look for live messages that are out of date", self._completed):
                    await self._update(None)
            elif self._changed:
                with logged_failures("update live messages"):
                    await self._update_changed()
            await asyncio.sleep(self._every)

    async def _update_changed(self) -> None:
        """Update messages of jobs that changed here. Most jobs have none: then nothing is written."""
        looked_at = set(self._changed)
        differing = await self._store.differing(looked_at)
        self._changed -= looked_at - differing
        if differing:
            await self._update(differing)

    async def _update(self, job_ids: Collection[JobId] | None) -> None:
        while claimed := await self._store.claim_live(job_ids):
            await asyncio.gather(*map(self._show, claimed))
            if len(claimed) < CLAIMED_TOGETHER:
                return

    async def _show(self, message: LiveMessage) -> None:
        try:
            async with asyncio.timeout(self._send_timeout):
                message_id = await self._sender.show(message)
        except TimeoutError:
            await self._put_off(message, OutcomeUnknown("no answer in time"))
        except DeliveryError as error:
            await self._put_off(message, error)
        else:
            await self._store.shown(message.job, message_id)

    async def _put_off(self, message: LiveMessage, error: DeliveryError) -> None:
        job_id, attempts = message.job.id, message.attempts + 1
        if isinstance(error, Blocked | Rejected) or attempts >= _MOST_ATTEMPTS:
            _log.warning(
                "The message about job %d is updated no more: %s", job_id, error, extra={"job": job_id}
            )
            await self._store.forget_live(job_id)
            return
        asked = error.retry_after if isinstance(error, Throttled | Unavailable) else None
        after = asked or backoff(attempts, base=_BASE, cap=_CAP, spread=self._spread())
        _log.info(
            "The message about job %d is updated in %s: %s", job_id, after, error, extra={"job": job_id}
        )
        await self._store.put_off_live(job_id, after)
