"""The job log as one turn sees it: questions go to the store, decisions wait to be committed together."""

from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar, cast

from jobs.changes import (
    Bookmark,
    Change,
    CompleteJob,
    Completion,
    ForgetMembers,
    Outcome,
    ParkLane,
    StartJob,
    WelcomeMembers,
)
from jobs.job import Job, JobId, JobPage, JobReport
from jobs.lane import LaneKey
from state.errors import NotCommitted
from state.origin import Origin

T = TypeVar("T")

#: Jobs on one page of `JobLog.page`.
PAGE_SIZE = 20


class JobStore(Protocol):
    """What the job log needs of a store."""

    async def commit(self, changes: Sequence[Change]) -> list[Outcome]:
        """Make all *changes* in one transaction; return what each came to, in their order."""

    async def find(self, job_id: JobId) -> JobReport | None:
        """Return the job and what became of its notice."""

    async def page(
        self, lane: LaneKey, *, size: int, more: bool, tenant: str | None, source_activity: str | None
    ) -> JobPage:
        """
        Return *size* jobs, of *tenant* if given, newest first; with *more*, those after the bookmark.

        For the activity that set the bookmark, those that it was shown.
        """


class Staged(Generic[T]):
    """A change that waits for the commit, and afterwards what it came to."""

    def __init__(self, change: Change) -> None:
        """Stage *change*."""
        self.change = change
        self._outcome: tuple[T] | None = None

    @property
    def outcome(self) -> T:
        """What the change came to. Raises `NotCommitted` before `JobState.save_changes`."""
        if self._outcome is None:
            raise NotCommitted("call JobState.save_changes(turn) before you ask what came of a change")
        return self._outcome[0]

    def settle(self, outcome: Outcome) -> None:
        """Note what the store made of the change."""
        self._outcome = (cast(T, outcome),)


class JobLog:
    """
    The job log, bound to one turn by the accessor of `JobState`.

    `start`, `complete` and their like only stage what the turn decides: nothing is stored, and no outcome
    known, until `JobState.save_changes`.
    """

    def __init__(
        self,
        store: JobStore,
        origin: Origin,
        *,
        new_token: Callable[[], str | None] | None = None,
        within_tenant: bool = False,
    ) -> None:
        """
        Read from *store*; *new_token* makes leases for a worker of this process, if there is one.

        With *within_tenant* only jobs of the origin's tenant are seen.
        """
        self._within_tenant = within_tenant
        self.origin = origin
        self.staged: list[Staged[object]] = []
        self._store = store
        self._new_token = new_token

    def start(self, title: str | None = None) -> Staged[Job]:
        """Start a job for this conversation, once however often the channel sends the activity."""
        return self._stage(
            StartJob(
                lane=self.origin.lane,
                tenant=self.origin.tenant,
                title=title,
                requested_by=self.origin.user,
                reference=self.origin.reference,
                service_url=self.origin.service_url,
                source_activity=self.origin.activity_id,
            )
        )

    def complete(self, job_id: JobId) -> Staged[Completion]:
        """Complete a job and owe its conversation the notice."""
        token = None if self._new_token is None else self._new_token()
        return self._stage(CompleteJob(job_id=job_id, source=self.origin.idempotency_key, token=token))

    def welcome(self, members: Sequence[str]) -> Staged[tuple[str, ...]]:
        """Remember *members* as welcomed; the outcome names those who had not been."""
        return self._stage(WelcomeMembers(lane=self.origin.lane, members=members))

    def forget(self, members: Sequence[str]) -> Staged[None]:
        """Forget members who left."""
        return self._stage(ForgetMembers(lane=self.origin.lane, members=members))

    def park(self, reason: str) -> Staged[None]:
        """Keep this conversation's notices until it is heard from again."""
        return self._stage(ParkLane(lane=self.origin.lane, reason=reason))

    async def find(self, job_id: JobId) -> JobReport | None:
        """Return the job and what became of its notice, or None if there is none that this turn may see."""
        report = await self._store.find(job_id)
        return report if report is not None and self._may_see(report.job) else None

    async def page(self, *, more: bool = False) -> JobPage:
        """
        Return the newest jobs, or with *more* those that follow what this conversation saw last.

        Stages the bookmark where it moves; reading the newest page for the first time moves nothing.
        """
        tenant = self.origin.tenant if self._within_tenant else None
        page = await self._store.page(
            self.origin.lane,
            size=PAGE_SIZE,
            more=more,
            tenant=tenant,
            source_activity=self.origin.activity_id,
        )
        if more and page.jobs:
            self._stage(
                Bookmark(
                    lane=self.origin.lane,
                    before=page.jobs[-1].id,
                    shown_before=JobId(page.jobs[0].id + 1),
                    source_activity=self.origin.activity_id,
                )
            )
        elif page.bookmarked and not more:
            self._stage(Bookmark(lane=self.origin.lane, before=None))
        return page

    def _may_see(self, job: Job) -> bool:
        if not self._within_tenant:
            return True
        lane, tenant = self.origin.lane, self.origin.tenant
        # Without a tenant the lane stands in its place. Old rows may name a lane that is not theirs.
        return job.tenant == tenant and (tenant != lane or job.lane == lane)

    def _stage(self, change: Change) -> Staged[T]:
        staged: Staged[T] = Staged(change)
        self.staged.append(cast(Staged[object], staged))
        return staged
