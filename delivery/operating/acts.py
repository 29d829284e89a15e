"""What operators do to one job or one queue; each act is recorded before it is done."""

from collections.abc import Callable
from typing import Protocol

from jobs.changes import ReportResult
from jobs.job import JobId
from jobs.lane import LaneKey
from jobs.operators import Operator, job_target
from state.store.operators.store import OperatorStore


class Cancelling(Protocol):
    """The method of `jobs.service.JobService` that is used here."""

    async def ask_cancel(self, job_id: JobId, asked_by: str) -> ReportResult: ...


class OperatorActs:
    """Acts under an operator's name."""

    def __init__(self, store: OperatorStore, jobs: Cancelling, *, look: Callable[[], None]) -> None:
        """*look* lets what is due be delivered."""
        self._store = store
        self._jobs = jobs
        self._look = look

    async def cancel(self, who: Operator, job_id: JobId) -> ReportResult:
        """Ask the job system to cancel a job."""
        await self._store.audit.record(who, "cancel", job_target(job_id))
        return await self._jobs.ask_cancel(job_id, who.name)

    async def hasten(self, who: Operator, lane: LaneKey) -> bool:
        """Try a queue now that waits for another attempt or a probe; return whether it did wait."""
        await self._store.audit.record(who, "try now", lane)
        done = await self._store.overviews.hasten(lane)
        if done:
            self._look()
        return done
