"""The job log as one turn sees it: questions go to the store, decisions wait to be committed together."""

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

    `start`, `complete` and their like only stage what the turn decides: nothing is stored, and no outcome
    known, until `JobState.save_changes`.
    """

    def __init__(self, service: JobService, origin: Origin, *, within_tenant: bool = False) -> None:
        """
        Ask and change what *service* has; the turn is of *origin*.

        With *within_tenant* only jobs of the origin's tenant are seen.
        """
        self.origin = origin
        self.unit_of_work = service.unit_of_work(origin.lane)
        self._service = service
        self._within_tenant = within_tenant

    def start(self, title: str | None = None) -> Staged[Job]:
        """Start a job for this conversation, once however often the channel sends the activity."""
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
        """Remember *members* as welcomed; the outcome names those who had not been."""
        return self.unit_of_work.stage(WelcomeMembers(lane=self.origin.lane, members=members))

    def forget(self, members: Sequence[str]) -> Staged[None]:
        """Forget members who left."""
        return self.unit_of_work.stage(ForgetMembers(lane=self.origin.lane, members=members))

    def park(self, reason: str) -> Staged[None]:
        """Keep this conversation's notices until it is heard from again."""
        return self.unit_of_work.stage(ParkLane(lane=self.origin.lane, reason=reason))

    async def find(self, job_id: JobId) -> JobReport | None:
        """Return the job and what became of its notice, or None if there is none that this turn may see."""
        report = await self._service.find(job_id)
        return report if report is not None and self._may_see(report.job) else None

    async def page(self, *, more: bool = False) -> JobPage:
        """
        Return the newest jobs, or with *more* those that follow what this conversation saw last.

        Stages the bookmark where it moves; reading the newest page for the first time moves nothing.
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
        # Without a tenant the lane stands in its place. Old rows may name a lane that is not theirs.
        return job.tenant == tenant and (tenant != lane or job.lane == lane)
