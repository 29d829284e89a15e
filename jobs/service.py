"""The use cases. Everything that changes a job goes through here, from a chat turn or from outside one."""

from jobs.changes import CompleteJob, Completion, StartJob
from jobs.job import Job, JobId, JobPage, JobReport
from jobs.lane import Heard, LaneKey
from jobs.ports import Courier, JobStore
from jobs.unit_of_work import Staged, UnitOfWork


class JobService:
    """
    Decides, commits once, and hands fresh claims to the courier.

    It takes plain values and returns what came of them. A chat turn stages several changes and commits them
    with its own timing (`unit_of_work`); every other caller uses the methods named after the use cases.
    """

    def __init__(self, store: JobStore, courier: Courier | None = None) -> None:
        """Keep jobs in *store*; without a *courier* notices wait in the outbox for any worker."""
        self._store = store
        self._courier = courier

    def unit_of_work(self, own_lane: LaneKey | None = None) -> UnitOfWork:
        """Return a new unit of work, for a turn in *own_lane* if it is given."""
        return UnitOfWork(self._store, self._courier, own_lane=own_lane)

    async def start(self, request: StartJob) -> Job:
        """Start a job; a repeat of the same activity gets the job that the first one started."""
        unit = self.unit_of_work()
        staged: Staged[Job] = unit.stage(request)
        await unit.commit()
        return staged.outcome

    async def report(self, job_id: JobId, source: str | None) -> Completion:
        """
        Complete a job and owe its conversation the notice.

        *source* is the report's idempotency key: a repeat is answered like the first and changes nothing.
        """
        unit = self.unit_of_work()
        staged: Staged[Completion] = unit.stage(
            CompleteJob(job_id=job_id, source=source, token=unit.new_token())
        )
        await unit.commit()
        return staged.outcome

    async def find(self, job_id: JobId) -> JobReport | None:
        """Return the job and what became of its notice, or None if there is none."""
        return await self._store.find(job_id)

    async def page(
        self, lane: LaneKey, *, size: int, more: bool, tenant: str | None, source_activity: str | None
    ) -> JobPage:
        """Return one page of the job log, as `JobStore.page` does."""
        return await self._store.page(
            lane, size=size, more=more, tenant=tenant, source_activity=source_activity
        )

    def hear(self, heard: Heard) -> None:
        """Take note of a sign of life from a conversation; it may open a parked lane."""
        if self._courier is not None:
            self._courier.hear(heard)
