"""The job log of one turn: queries go to the store at once, changes are staged and committed together."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from jobs.changes import (
    AskCancel,
    BeginJob,
    Bookmark,
    DeferLane,
    Finished,
    FinishJob,
    ForgetMembers,
    Owed,
    OweNotice,
    OweReply,
    ParkLane,
    SetPreferences,
    StartJob,
    WelcomeMembers,
)
from jobs.deadlines import NO_DEADLINES, Deadlines
from jobs.job import Job, JobId, JobReport, JobStatus
from jobs.lane import channel_of, is_personal
from jobs.listing import JobPage, PageAsked, View
from jobs.live import LiveMessage
from jobs.naming import LEAST_DIGITS, JobName, has_suffix, shortest_suffixes
from jobs.notice import NoticeKind
from jobs.preferences import Held
from jobs.service import JobService
from jobs.unit_of_work import Staged
from jobs.watching import Watch
from state.origin import Origin
from state.owed_replies import dump_reply

#: Jobs on one page of `JobLog.page`.
PAGE_SIZE = 20

#: The newest jobs of a conversation, and of the others that it sees, that have short names.
NAMEABLE = 500

#: Jobs that are named when it is not clear which one is meant.
CANDIDATES = 5


class JobLog:
    """
    The job log, bound to one turn by the accessor of `JobState`.

    `start`, `complete` and the other changes are only staged: nothing is stored, and no outcome is known,
    before `JobState.save_changes`.
    """

    def __init__(self, service: JobService, origin: Origin, *, within_tenant: bool = False) -> None:
        """
        Read and change jobs of *service* in a turn from *origin*.

        With *within_tenant* only jobs of the origin's tenant are visible, and of those that somebody else
        asked for in a personal chat only number and state.
        """
        self.origin = origin
        self.unit_of_work = service.unit_of_work(origin.lane)
        self._service = service
        self._within_tenant = within_tenant

    def start(self, title: str | None = None) -> Staged[Job]:
        """Start a job for this conversation; a resent activity does not start a second one."""
        webhook = self._service.webhook_for(title)
        return self.unit_of_work.stage(
            StartJob(
                lane=self.origin.lane,
                tenant=self.origin.tenant,
                title=title,
                requested_by=self.origin.user,
                reference=self.origin.reference,
                source_activity=self.origin.activity_key,
                requester_id=self.origin.user_id,
                status=JobStatus.RUNNING if webhook is None else JobStatus.QUEUED,
                webhook=webhook,
                deadlines=self._service.deadlines,
            )
        )

    def complete(self, job_id: JobId) -> Staged[Finished]:
        """Complete a job and owe its conversation the notice."""
        return self.finish(job_id, JobStatus.SUCCEEDED)

    def finish(self, job_id: JobId, status: JobStatus, content: str | None = None) -> Staged[Finished]:
        """End a job with a final *status*, and owe its conversation the notice with *content*."""
        source, token = self.origin.idempotency_key, self.unit_of_work.new_token()
        return self.unit_of_work.stage(FinishJob(job_id, source, token, status, content))

    def ask_cancel(self, job_id: JobId) -> Staged[JobStatus | None]:
        """Ask the job system to cancel a job; the outcome is its status before, None for an unknown job."""
        return self.unit_of_work.stage(AskCancel(job_id, self.origin.user or "somebody"))

    def begin(
        self, job_id: JobId, content: str | None = None, deadlines: Deadlines = NO_DEADLINES
    ) -> Staged[JobStatus | None]:
        """Record that a job runs, and how far it is; the outcome is its status, None for an unknown job."""
        return self.unit_of_work.stage(BeginJob(job_id, content, deadlines))

    def owe_start(self, job_id: JobId, after: timedelta) -> Staged[Owed]:
        """
        Owe this conversation the answer to `start`, to be sent *after* some time.

        If the job has ended meanwhile, the notice about that is the answer.
        """
        return self.unit_of_work.stage(
            OweNotice(job_id, NoticeKind.STARTED, None, self.unit_of_work.new_token(), after)
        )

    def owe_reply(self, job_id: JobId, text: str, after: timedelta) -> Staged[Owed]:
        """Owe this conversation *text*, in Markdown, about a job that may be another conversation's."""
        origin, token = self.origin, self.unit_of_work.new_token()
        return self.unit_of_work.stage(
            OweReply(job_id, origin.lane, origin.address, dump_reply(text, origin.reference), token, after)
        )

    def welcome(self, members: Sequence[str]) -> Staged[tuple[str, ...]]:
        """Record *members* as welcomed; the outcome has those who were not welcomed before."""
        return self.unit_of_work.stage(WelcomeMembers(lane=self.origin.lane, members=members))

    def forget(self, members: Sequence[str]) -> Staged[None]:
        """Forget members who left."""
        return self.unit_of_work.stage(ForgetMembers(lane=self.origin.lane, members=members))

    def defer(self, until: datetime | None) -> Staged[None]:
        """Hold the notices of this conversation until an instant; None sends them at once."""
        return self.unit_of_work.stage(DeferLane(lane=self.origin.lane, until=until))

    def prefer(self, changes: Mapping[str, Any]) -> Staged[None]:
        """Change what this conversation wants to be told, as `jobs.preferences` writes that."""
        return self.unit_of_work.stage(SetPreferences(lane=self.origin.lane, changes=changes))

    async def held(self) -> Held:
        """Return how many notices wait for this conversation, and what it has set."""
        return await self._service.held(self.origin.lane)

    def park(self, reason: str) -> Staged[None]:
        """Park this conversation's lane until its next sign of life."""
        return self.unit_of_work.stage(ParkLane(lane=self.origin.lane, reason=reason))

    async def find(self, job_id: JobId) -> JobReport | None:
        """Return the job and the state of its notice; None if there is no such job or it is not visible."""
        report = await self._service.find(job_id)
        if report is None or not self._may_see(report.job):
            return None
        return replace(report, job=self._as_shown(report.job))

    async def find_external(self, external_id: str) -> JobId | None:
        """Return the number of the job that a job system created under its own id."""
        return await self._service.find_external(external_id)

    async def cancel_requested(self, job_id: JobId) -> bool:
        """Return whether somebody wants the job to be cancelled; for a job system, which sees all jobs."""
        report = await self._service.find(job_id)
        return report is not None and report.job.cancel_asked_at is not None

    async def page(self, view: View | None = View.HERE_FIRST) -> JobPage:
        """
        Return the first page of *view*, or with None the one after the page that this conversation saw last.

        Stages a new bookmark if it changes; reading `HERE_FIRST` for the first time does not change it.
        """
        lane, key = self.origin.lane, self.origin.activity_key
        page = await self._service.page(self._asked(PAGE_SIZE, view))
        if view is View.HERE_FIRST:
            if page.bookmarked:
                self.unit_of_work.stage(Bookmark(lane=lane, end=None))
        elif page.jobs:
            self.unit_of_work.stage(Bookmark(lane=lane, end=page.end, start=page.start, source_activity=key))
        return replace(page, jobs=tuple(map(self._as_shown, page.jobs)))

    async def short_names(self, jobs: Sequence[Job]) -> dict[JobId, str]:
        """Return the last digits of the numbers of *jobs*, as many as people need to name them here."""
        return shortest_suffixes([job.id for job in jobs], await self._nameable())

    async def named(self, name: JobName) -> Sequence[JobReport]:
        """
        Return the jobs that a person may mean by *name*, at most `CANDIDATES`: one, if it is clear.

        A number names its job. Otherwise last digits, or a title, name one of the newest jobs that are
        visible here; of several with one title those that have not ended go before the others.
        """
        if name.number is not None and (found := await self.find(name.number)) is not None:
            return [found]
        if name.number is not None and len(name.text) >= LEAST_DIGITS:
            meant = sorted(each for each in await self._nameable() if has_suffix(each, name.text))
            found_all = [await self.find(job_id) for job_id in meant[-CANDIDATES:]]
            return [each for each in found_all if each is not None]
        return await self._titled(name.text) if name.number is None else []

    async def _titled(self, title: str) -> Sequence[JobReport]:
        wanted = title.casefold()
        pages = [
            await self._service.page(self._asked(NAMEABLE, view)) for view in (View.HERE_FIRST, View.RUNNING)
        ]
        jobs = {job.id: job for page in pages for job in map(self._as_shown, page.jobs)}
        titled = [job for job in jobs.values() if job.title and job.title.casefold() == wanted]
        unfinished = [job for job in titled if not job.status.is_final]
        meant = sorted(unfinished or titled, key=lambda job: job.id)[-CANDIDATES:]
        return [JobReport(job=job, notice=None) for job in meant]

    async def _nameable(self) -> set[JobId]:
        return await self._service.numbers(self._asked(NAMEABLE, View.HERE_FIRST))

    def _asked(self, size: int, view: View | None) -> PageAsked:
        lane, key = self.origin.lane, self.origin.activity_key
        tenant = self.origin.tenant if self._within_tenant else None
        return PageAsked(lane=lane, size=size, view=view, tenant=tenant, source_activity=key)

    async def keep_live(self, job: Job, message_id: str) -> None:
        """Keep a message of this conversation up to date that shows *job*."""
        origin = self.origin
        await self._service.keep_live(LiveMessage(job, message_id, origin.reference, origin.address))

    async def repair(self, job: Job, message_id: str) -> None:
        """Update a message of this conversation once that shows *job*, which has ended, as it was before."""
        origin = self.origin
        await self._service.repair(LiveMessage(job, message_id, origin.reference, origin.address))

    async def watch(self, target: Job | str) -> bool:
        """
        Let this conversation be told of the end of a job, or of those whose titles fit a pattern.

        Returns False if it watches `jobs.watching.WATCHES` things already.
        """
        origin = self.origin
        tenant = origin.tenant if self._within_tenant else None
        job_id, name = (None, target) if isinstance(target, str) else (target.id, str(target.id))
        return await self._service.watch(
            Watch(origin.lane, name, tenant, job_id, origin.reference, origin.address)
        )

    async def unwatch(self, target: str | None) -> int:
        """Forget one watch of this conversation, by number or pattern, or all; return how many there were."""
        return await self._service.unwatch(self.origin.lane, target)

    async def watches(self) -> Sequence[Watch]:
        """Return what this conversation watches, the oldest first."""
        return await self._service.watches(self.origin.lane)

    def owns(self, job: Job) -> bool:
        """Return whether *job* was started in this conversation, or by this person in another one."""
        lane, user_id = self.origin.lane, self.origin.user_id
        same_channel = channel_of(job.lane) == channel_of(lane)
        return job.lane == lane or (user_id is not None and same_channel and job.requester_id == user_id)

    def _as_shown(self, job: Job) -> Job:
        """Return *job* without what is for the person alone who asked for it in a personal chat."""
        if not self._within_tenant or not is_personal(job.lane) or self.owns(job):
            return job
        return job._replace(title=None, requested_by=None, report=None)

    def _may_see(self, job: Job) -> bool:
        if not self._within_tenant:
            return True
        lane, tenant = self.origin.lane, self.origin.tenant
        # Without a tenant, the tenant is the lane. Old rows may have another lane's key there.
        return job.tenant == tenant and (tenant != lane or job.lane == lane)
