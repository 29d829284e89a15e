"""`ProactiveBot`: runs one turn, from the activity to the stored changes and the reply."""

import logging
from collections.abc import Sequence
from typing import Any

from botbuilder.core import ActivityHandler, BotAdapter, InvokeResponse, TurnContext
from botbuilder.schema import ActivityTypes, ChannelAccount

from bot.commands import Done, Help, Run, Show, ShowJob, read_command
from bot.completion_events import EVENT_NAMES, read_completed_job
from bot.permissions import OPEN, Permissions, SimulatedCompletion
from bot.presence import is_the_bot, known, lets_us_speak, shuts_us_out
from bot.receipt import NO_JOB_NUMBER, NOT_ACCEPTED, Receipt, completion_receipt, leave_receipt
from bot.replies import texts
from bot.speakers import is_said_by_a_program
from jobs.changes import ReportResult
from jobs.job import JobId
from state.job_state import JobLogAccessor, JobState

_log = logging.getLogger(__name__)

#: Up to this many new members get a message each; more share one message, to stay within rate limits.
_WELCOMED_ONE_BY_ONE = 5


class ProactiveBot(ActivityHandler):  # type: ignore[misc]  # The SDK is untyped.
    """
    Starts, lists and completes jobs; the courier delivers the notices.

    Every turn commits before it replies: no reply mentions changes that are not stored yet.
    """

    def __init__(self, job_state: JobState, permissions: Permissions = OPEN) -> None:
        """Keep jobs in *job_state*; *permissions* says who may complete them."""
        super().__init__()
        self._permissions = permissions
        self._job_state = job_state
        self._job_log: JobLogAccessor = job_state.create_property(JobLogAccessor.NAME)

    async def on_turn(self, turn_context: TurnContext) -> None:
        """
        Run the turn, then hand over the notices that it caused for its own conversation.

        A program's message is ignored. It is no sign of life either.
        """
        said = turn_context.activity
        if said.type == ActivityTypes.message and is_said_by_a_program(said):
            return
        try:
            await super().on_turn(turn_context)
        finally:
            self._job_state.hand_over(turn_context)
            if self._is_from_its_channel(turn_context):
                self._job_state.hear(turn_context, speaks=lets_us_speak(said), leaves=shuts_us_out(said))

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        """Run the command in the message."""
        turn = turn_context
        match read_command(turn.activity):
            case Run(title):
                answer = await self._run(turn, title)
            case Show(more):
                answer = await self._show(turn, more=more)
            case ShowJob(job_id):
                answer = await self._show_job(turn, job_id)
            case Done(job_id):
                answer = await self._done(turn, job_id) if job_id else texts.NUMBER_NEEDED
            case Help():
                answer = texts.HELP
        await turn.send_activity(answer)

    async def on_members_added_activity(
        self, members_added: Sequence[ChannelAccount], turn_context: TurnContext
    ) -> None:
        """Welcome new members other than the bot, once in each conversation."""
        turn, log = turn_context, await self._job_log.get(turn_context)
        people = {each.id: each for each in known(members_added) if not is_the_bot(turn.activity, each)}
        if not people:
            return
        staged = log.welcome(list(people))
        await self._job_state.save_changes(turn)
        new = [people[member_id] for member_id in staged.outcome]
        for together in [new] if len(new) > _WELCOMED_ONE_BY_ONE else [[member] for member in new]:
            try:
                await turn.send_activity(texts.welcome([member.name for member in together]))
            except Exception:
                # The welcome was not sent: forget these members, so that a resent activity welcomes them.
                log.forget([member.id for member in together])
                await self._job_state.save_changes(turn)
                raise

    async def on_members_removed_activity(
        self, members_removed: Sequence[ChannelAccount], turn_context: TurnContext
    ) -> None:
        """Forget members who left, so that they are welcomed again when they return."""
        log = await self._job_log.get(turn_context)
        log.forget([member.id for member in known(members_removed)])
        if shuts_us_out(turn_context.activity) and self._is_from_its_channel(turn_context):
            log.park("the bot was removed from the conversation")
        await self._job_state.save_changes(turn_context)

    async def on_installation_update(self, turn_context: TurnContext) -> None:
        """Park the lane of a conversation when the app was uninstalled from it."""
        if shuts_us_out(turn_context.activity) and self._is_from_its_channel(turn_context):
            log = await self._job_log.get(turn_context)
            log.park("the app was uninstalled")
            await self._job_state.save_changes(turn_context)

    async def on_event_activity(self, turn_context: TurnContext) -> None:
        """Complete the job that a job system names, and put the result into the HTTP response."""
        if turn_context.activity.name in EVENT_NAMES:
            leave_receipt(turn_context, await self._report(turn_context))

    async def _report(self, turn: TurnContext) -> Receipt:
        name = turn.activity.name
        if not self._permissions.may_report_completion(_identity(turn), turn.activity.channel_id):
            _log.warning("Ignored a %s event: its sender is not the job system", name)
            return NOT_ACCEPTED
        job_id = read_completed_job(turn.activity)
        if job_id is None:
            _log.warning("Ignored a %s event whose value names no job: give it a job number", name)
            return NO_JOB_NUMBER
        log = await self._job_log.get(turn)
        staged = log.complete(job_id)
        await self._job_state.save_changes(turn)
        result = staged.outcome.result
        if result is ReportResult.ACCEPTED:
            _log.info("Job %d is complete, as a %s event reports", job_id, name)
        else:
            _log.warning("Ignored a %s event for job %d: %s", name, job_id, result.value)
        return completion_receipt(job_id, result)

    async def on_invoke_activity(self, turn_context: TurnContext) -> InvokeResponse:
        """Accept invokes without handling them: clients show the SDK's 501 as an error."""
        return InvokeResponse(status=200)

    def _is_from_its_channel(self, turn: TurnContext) -> bool:
        return self._permissions.speaks_for_its_channel(_identity(turn), turn.activity.channel_id)

    async def _run(self, turn: TurnContext, title: str | None) -> str:
        log = await self._job_log.get(turn)
        staged = log.start(title)
        await self._job_state.save_changes(turn)
        job = staged.outcome
        _log.info("Job %d was started in %s", job.id, job.lane)
        return texts.starting(job)

    async def _show(self, turn: TurnContext, *, more: bool) -> str:
        log = await self._job_log.get(turn)
        page = await log.page(more=more)
        await self._job_state.save_changes(turn)
        return texts.job_log(page, log.origin.lane)

    async def _show_job(self, turn: TurnContext, job_id: JobId) -> str:
        log = await self._job_log.get(turn)
        report = await log.find(job_id)
        return texts.unknown_job(job_id) if report is None else texts.job_report(report, log.origin.lane)

    async def _done(self, turn: TurnContext, job_id: JobId) -> str:
        who = self._permissions.simulated_completion
        if who is SimulatedCompletion.OFF:
            return texts.DONE_IS_OFF
        log = await self._job_log.get(turn)
        if who is SimulatedCompletion.OWNER or self._permissions.authentication:
            report = await log.find(job_id)
            if report is None:  # There is no such job, or it belongs to another tenant.
                return texts.unknown_job(job_id)
            if who is SimulatedCompletion.OWNER and report.job.lane != log.origin.lane:
                return texts.not_yours(job_id)
        staged = log.complete(job_id)
        await self._job_state.save_changes(turn)
        result = staged.outcome.result
        if result is ReportResult.ACCEPTED:
            _log.info("Job %d is complete, by done in %s", job_id, log.origin.lane)
        match result:
            case ReportResult.ACCEPTED | ReportResult.REPEATED:
                return texts.completing(job_id)
            case ReportResult.ALREADY_FINISHED:
                return texts.already_complete(job_id)
            case ReportResult.UNKNOWN_JOB:
                return texts.unknown_job(job_id)


def _identity(turn: TurnContext) -> Any:
    """Return the caller's identity from the adapter; a `TestAdapter` sets none."""
    return turn.turn_state.get(BotAdapter.BOT_IDENTITY_KEY)
