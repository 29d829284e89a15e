"""The use cases. Every change to a job goes through here, from a chat turn or from elsewhere."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from jobs.changes import (
    AskCancel,
    BeginJob,
    DeferLane,
    Finished,
    FinishJob,
    Owed,
    OweNotice,
    ReportResult,
    StartJob,
)
from jobs.deadlines import NO_DEADLINES, Deadlines
from jobs.job import Job, JobId, JobReport, JobStatus
from jobs.lane import Heard, LaneKey
from jobs.listing import JobPage, JobsAsked, JobsFound, PageAsked
from jobs.live import LiveMessage
from jobs.notice import NoticeKind
from jobs.ports import Courier, JobStore, SignsOfLife
from jobs.preferences import Held
from jobs.transitions import ReportKind, result_of_begin, status_after
from jobs.unit_of_work import Staged, UnitOfWork
from jobs.watching import Watch
from jobs.webhooks import WebhookRoute, first_taker
from text import has_control


class JobService:
    """
    Stages changes, commits them in one transaction, and hands new claims to the courier.

    It takes and returns plain values. A chat turn uses `unit_of_work` to stage several changes and commit
    them when it is ready; all other callers use the methods named after the use cases.
    """

    def __init__(
        self,
        store: JobStore,
        courier: Courier | None = None,
        webhooks: Sequence[WebhookRoute] = (),
        signs_of_life: SignsOfLife | None = None,
        deadlines: Deadlines = NO_DEADLINES,
        changed: Callable[[JobId], None] | None = None,
    ) -> None:
        """
        Keep jobs in *store*; without a *courier* notices wait in the outbox for any worker.

        The first of *webhooks* that takes a new job hears of it; *signs_of_life* notes who reports.
        New jobs have *deadlines*, unless whoever starts one says otherwise. *changed* is called for each job
        that was changed.
        """
        self._store = store
        self._courier = courier
        self._webhooks = webhooks
        self._signs_of_life = signs_of_life
        self.deadlines = deadlines
        self._changed = changed

    def webhook_for(self, title: str | None, labels: Mapping[str, str] | None = None) -> str | None:
        """Return the job system that hears of a new job; None if none does."""
        return first_taker(self._webhooks, title, labels)

    def unit_of_work(self, own_lane: LaneKey | None = None) -> UnitOfWork:
        """Return a new unit of work, for a turn in *own_lane* if it is given."""
        return UnitOfWork(self._store, self._courier, own_lane=own_lane, changed=self._changed)

    async def start(self, request: StartJob) -> Job:
        """Start a job; a repeat of the same activity returns the job that it started before."""
        unit = self.unit_of_work()
        staged: Staged[Job] = unit.stage(request)
        await unit.commit()
        return staged.outcome

    async def report(
        self,
        job_id: JobId,
        kind: ReportKind,
        *,
        source: str | None,
        body: str | None = None,
        deadlines: Deadlines = NO_DEADLINES,
    ) -> ReportResult:
        """
        Apply a job system's report; the end of a job owes its conversation a notice.

        *source* is the report's idempotency key: a repeat gets the same answer and changes nothing. *body* is
        JSON of a `ReportContent`, and *deadlines* are those that it sets anew.
        """
        unit = self.unit_of_work()
        final = status_after(JobStatus.RUNNING, kind)
        if not final.is_final:
            begun: Staged[JobStatus | None] = unit.stage(BeginJob(job_id, body, deadlines))
            await unit.commit()
            return result_of_begin(begun.outcome)
        ended: Staged[Finished] = unit.stage(
            FinishJob(job_id, source, unit.new_token(), status=final, body=body)
        )
        await unit.commit()
        return ended.outcome.result

    async def ask_cancel(self, job_id: JobId, asked_by: str) -> ReportResult:
        """Ask the job system to cancel an unfinished job; asking again changes nothing."""
        unit = self.unit_of_work()
        asked: Staged[JobStatus | None] = unit.stage(AskCancel(job_id, asked_by))
        await unit.commit()
        return result_of_begin(asked.outcome)

    async def owe(self, job_id: JobId, kind: NoticeKind, body: str | None = None) -> bool:
        """Owe the job's conversation an additional notice; return whether there is such a job."""
        unit = self.unit_of_work()
        staged: Staged[Owed] = unit.stage(OweNotice(job_id, kind, body, unit.new_token()))
        await unit.commit()
        return staged.outcome.known

    async def defer(self, lane: LaneKey, until: datetime | None) -> None:
        """Send nothing to a conversation before *until*; with None, send waiting notices at once."""
        unit = self.unit_of_work()
        unit.stage(DeferLane(lane=lane, until=until))
        await unit.commit()

    async def find(self, job_id: JobId) -> JobReport | None:
        """Return the job and the state of its notice, or None if there is no such job."""
        return await self._store.find(job_id)

    async def find_external(self, external_id: str) -> JobId | None:
        """Return the number of the job that a job system created under its own id."""
        # PostgreSQL refuses a NUL even in a question; no id that was accepted has one.
        return None if has_control(external_id) else await self._store.find_external(external_id)

    async def list(self, asked: JobsAsked) -> JobsFound:
        """Return jobs, the newest first, as `JobStore.list_jobs` does."""
        return await self._store.list_jobs(asked)

    async def page(self, asked: PageAsked) -> JobPage:
        """Return one page of the job log, as `JobStore.page` does."""
        return await self._store.page(asked)

    async def numbers(self, asked: PageAsked) -> set[JobId]:
        """Return the numbers of the newest jobs in a view, as `JobStore.numbers` does."""
        return await self._store.numbers(asked)

    async def keep_live(self, message: LiveMessage) -> None:
        """Keep a message up to date that shows its job."""
        await self._store.keep_live(message)
        if self._changed is not None:  # It may have changed while the message was sent.
            self._changed(message.job.id)

    async def repair(self, message: LiveMessage) -> None:
        """Update a message once that shows an ended job as it was, unless another message about it is due."""
        if message.job.id not in await self._store.differing({message.job.id}):
            before = message.job._replace(status=JobStatus.RUNNING)
            await self.keep_live(message._replace(job=before))

    async def held(self, lane: LaneKey) -> Held:
        """Return what waits for a conversation, as `JobStore.held` does."""
        return await self._store.held(lane)

    async def watch(self, wanted: Watch) -> bool:
        """Let a conversation be told of jobs that it did not start, as `JobStore.watch` does."""
        return await self._store.watch(wanted)

    async def unwatch(self, lane: LaneKey, target: str | None) -> int:
        """Forget watches, as `JobStore.unwatch` does."""
        return await self._store.unwatch(lane, target)

    async def watches(self, lane: LaneKey) -> Sequence[Watch]:
        """Return what a conversation watches, the oldest first."""
        return await self._store.watches(lane)

    def hear_job_system(self, webhook: str | None) -> None:
        """Note that a job system reported, that of *webhook* if it is known: what waits for it goes now."""
        if self._signs_of_life is not None:
            self._signs_of_life.note(webhook)

    def hear(self, heard: Heard) -> None:
        """Record a sign of life from a conversation; it may open a parked lane."""
        if self._courier is not None:
            self._courier.hear(heard)
