"""What becomes of a job system's event: the report is recorded, once, if its sender may report."""

import logging
from dataclasses import replace

from botbuilder.core import TurnContext

from bot.permissions import Permissions
from bot.receipt import NO_JOB_NUMBER, NO_SUCH_EXTERNAL_ID, NOT_ACCEPTED, Receipt, report_receipt, verb_of
from bot.report_events import ReportEvent, read_report
from bot.turn_context import identity_of
from jobs.changes import ReportResult
from jobs.job import JobId, JobStatus
from jobs.transitions import result_of_begin, status_after
from state.job_state import JobLogAccessor, JobState

_log = logging.getLogger(__name__)


class JobReports:
    """Records the reports that arrive as event activities."""

    def __init__(self, job_state: JobState, permissions: Permissions) -> None:
        """Record in *job_state* what callers report who may, by *permissions*."""
        self._job_state = job_state
        self._permissions = permissions
        self._job_log: JobLogAccessor = job_state.create_property(JobLogAccessor.NAME)

    async def record(self, turn: TurnContext) -> Receipt:
        """Record the report in *turn*, an event of `EVENT_KINDS`; return what became of it."""
        name = turn.activity.name
        if not self._permissions.may_report_completion(identity_of(turn), turn.activity.channel_id):
            _log.warning("Ignored a %s event: its sender is not the job system", name)
            return NOT_ACCEPTED
        report = read_report(turn.activity)
        job_id = report.job_id
        if job_id is None and report.external_id is not None:
            job_id = await (await self._job_log.get(turn)).find_external(report.external_id)
            if job_id is None:
                _log.warning("Ignored a %s event: no job has its externalId", name)
                return NO_SUCH_EXTERNAL_ID
        if job_id is None:
            _log.warning("Ignored a %s event whose value names no job: give it a job number", name)
            return NO_JOB_NUMBER
        result = await self._record(turn, report, job_id)
        self._job_state.hear_job_system()
        if result is ReportResult.ACCEPTED:
            _log.info(
                "Job %d %s, as a %s event reports", job_id, verb_of(report.kind), name, extra={"job": job_id}
            )
        else:
            _log.warning(
                "Ignored a %s event for job %d: %s", name, job_id, result.value, extra={"job": job_id}
            )
        receipt = report_receipt(report, job_id, result)
        if status_after(JobStatus.RUNNING, report.kind).is_final:
            return receipt
        return replace(receipt, cancel_requested=await self._cancel_requested(turn, job_id))

    async def _cancel_requested(self, turn: TurnContext, job_id: JobId) -> bool:
        return await (await self._job_log.get(turn)).cancel_requested(job_id)

    async def _record(self, turn: TurnContext, report: ReportEvent, job_id: JobId) -> ReportResult:
        log = await self._job_log.get(turn)
        status = status_after(JobStatus.RUNNING, report.kind)
        if status.is_final:
            ended = log.finish(job_id, status, report.content)
            await self._job_state.save_changes(turn)
            return ended.outcome.result
        begun = log.begin(job_id, report.content, report.deadlines)
        await self._job_state.save_changes(turn)
        return result_of_begin(begun.outcome)
