"""The job log of one turn: queries go to the store at once, changes are staged and committed together."""

from collections.abc import Sequence

from jobs.changes import (
    Bookmark,
    Finished,
    FinishJob,
    ForgetMembers,
    ParkLane,
    StartJob,
    WelcomeMembers,
)
from jobs.job import Job, JobId, JobPage, JobReport
from jobs.service import JobService
from jobs.unit_of_work import Staged
from state.origin import Origin

#: Jobs on one page of `JobLog.page`.
PAGE_SIZE = 20


class JobLog:
    """
    The job log, bound to one turn by the accessor of `JobState`.

    `start`, `complete` and the other changes are only staged: nothing is stored, and no outcome is known,
    before `JobState.save_changes`.
    """

    def __init__(self, service: JobService, origin: Origin, *, within_tenant: bool = False) -> None:
        """
        Read and change jobs of *service* in a turn from *origin*.

        With *within_tenant* only jobs of the origin's tenant are visible.
        """
        self.origin = origin
        self.unit_of_work = service.unit_of_work(origin.lane)
        self._service = service
        self._within_tenant = within_tenant

    def start(self, title: str | None = None) -> Staged[Job]:
        """Start a job for this conversation; a resent activity does not start a second one."""
        return self.unit_of_work.stage(
            StartJob(
                lane=self.origin.lane,
                tenant=self.origin.tenant,
                title=title,
                requested_by=self.origin.user,
                reference=self.origin.reference,
                service_url=self.origin.address,
                source_activity=self.origin.activity_id,
                requester_id=self.origin.user_id,
            )
        )

    def complete(self, job_id: JobId) -> Staged[Finished]:
        """Complete a job and owe its conversation the notice."""
        source, token = self.origin.idempotency_key, self.unit_of_work.new_token()
        return self.unit_of_work.stage(FinishJob(job_id=job_id, source=source, token=token))

    def welcome(self, members: Sequence[str]) -> Staged[tuple[str, ...]]:
        """Record *members* as welcomed; the outcome has those who were not welcomed before."""
        return self.unit_of_work.stage(WelcomeMembers(lane=self.origin.lane, members=members))

    def forget(self, members: Sequence[str]) -> Staged[None]:
        """Forget members who left."""
        return self.unit_of_work.stage(ForgetMembers(lane=self.origin.lane, members=members))

    def park(self, reason: str) -> Staged[None]:
        """Park this conversation's lane until its next sign of life."""
        return self.unit_of_work.stage(ParkLane(lane=self.origin.lane, reason=reason))

    async def find(self, job_id: JobId) -> JobReport | None:
        """Return the job and the state of its notice; None if there is no such job or it is not visible."""
        report = await self._service.find(job_id)
        return report if report is not None and self._may_see(report.job) else None

    async def page(self, *, more: bool = False) -> JobPage:
        """
        Return the newest jobs, or with *more* the page after the one that this conversation saw last.

        Stages a new bookmark if it changes; reading the newest page for the first time does not change it.
        """
        tenant = self.origin.tenant if self._within_tenant else None
        page = await self._service.page(
            self.origin.lane,
            size=PAGE_SIZE,
            more=more,
            tenant=tenant,
            source_activity=self.origin.activity_id,
        )
        if more and page.jobs:
            self.unit_of_work.stage(
                Bookmark(
                    lane=self.origin.lane,
                    before=page.jobs[-1].id,
                    shown_before=JobId(page.jobs[0].id + 1),
                    source_activity=self.origin.activity_id,
                )
            )
        elif page.bookmarked and not more:
            self.unit_of_work.stage(Bookmark(lane=self.origin.lane, before=None))
        return page

    def _may_see(self, job: Job) -> bool:
        if not self._within_tenant:
            return True
        lane, tenant = self.origin.lane, self.origin.tenant
        # Without a tenant, the tenant is the lane. Old rows may have another lane's key there.
        return job.tenant == tenant and (tenant != lane or job.lane == lane)
