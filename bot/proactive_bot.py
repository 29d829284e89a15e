"""`ProactiveBot`: runs one turn, from the activity to the stored changes and the reply."""

import logging
from collections.abc import Sequence
from datetime import timedelta

from botbuilder.core import ActivityHandler, InvokeResponse, TurnContext
from botbuilder.schema import ActivityTypes, ChannelAccount

from bot.addressing import is_for_the_bot
from bot.answers import Answer, Answers
from bot.commands import Done, Help, Run, Show, ShowJob, read_command
from bot.help_limit import HelpLimit
from bot.job_reports import JobReports
from bot.permissions import OPEN, Permissions, SimulatedCompletion
from bot.presence import installs, is_the_bot, is_with_one_person, known, lets_us_speak, shuts_us_out
from bot.reading.message import read_message
from bot.receipt import leave_receipt
from bot.replies import texts
from bot.report_events import EVENT_KINDS
from bot.speakers import is_said_by_a_program
from bot.turn_context import identity_of
from jobs.changes import ReportResult
from jobs.job import JobId
from jobs.listing import View
from state.job_state import JobLogAccessor, JobState

_log = logging.getLogger(__name__)

#: Up to this many new members get a message each; more share one message, to stay within rate limits.
_WELCOMED_ONE_BY_ONE = 5

#: Key in `turn_state` of a message that looks like a program's: it is no sign of life.
_SOUNDS_LIKE_A_PROGRAM = "ProactiveBot.SoundsLikeAProgram"


class ProactiveBot(ActivityHandler):  # type: ignore[misc]  # The SDK is untyped.
    """
    Starts, lists and completes jobs; the courier delivers the notices.

    Every turn commits before it replies: no reply mentions changes that are not stored yet.
    """

    def __init__(
        self, job_state: JobState, permissions: Permissions = OPEN, *, answers: Answers | None = None
    ) -> None:
        """Keep jobs in *job_state*; *permissions* says who may complete them; answer by *answers*."""
        super().__init__()
        self._permissions = permissions
        self._job_state = job_state
        self._job_log: JobLogAccessor = job_state.create_property(JobLogAccessor.NAME)
        self._answers = answers or Answers()
        self._reports = JobReports(job_state, permissions)
        self._help_limit = HelpLimit()

    async def on_turn(self, turn_context: TurnContext) -> None:
        """
        Run the turn, then hand over the notices that it caused for its own conversation.

        A program's message is ignored. It is no sign of life either.
        """
        turn, said = turn_context, turn_context.activity
        if said.type == ActivityTypes.message and is_said_by_a_program(said):
            return
        try:
            await super().on_turn(turn)
        finally:
            self._job_state.hand_over(turn)
            if self._is_from_its_channel(turn) and _SOUNDS_LIKE_A_PROGRAM not in turn.turn_state:
                self._job_state.hear(turn, speaks=lets_us_speak(said), leaves=shuts_us_out(said))

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        """Run the command in the message, if it is meant for the bot."""
        turn, message = turn_context, read_message(turn_context.activity)
        command = read_command(message)
        if not is_for_the_bot(turn.activity, message, command):
            return
        match command:
            case Run(title):
                answer = await self._run(turn, title)
            case Show(view):
                answer = await self._show(turn, view)
            case ShowJob(job_id):
                answer = await self._show_job(turn, job_id)
            case Done(job_id):
                answer = await self._done(turn, job_id) if job_id else Answer(texts.NUMBER_NEEDED)
            case Help(asked):
                log = await self._job_log.get(turn)
                if not asked and not self._help_limit.allows(log.origin.lane, message.text):
                    turn.turn_state[_SOUNDS_LIKE_A_PROGRAM] = True
                    return
                answer = Answer(texts.HELP)
        await self._answers.give(turn, answer)

    async def on_members_added_activity(
        self, members_added: Sequence[ChannelAccount], turn_context: TurnContext
    ) -> None:
        """
        Welcome new members other than the bot, once in each conversation.

        If the bot alone was added to a personal chat, its person is new.
        """
        members, said = known(members_added), turn_context.activity
        people = [each for each in members if not is_the_bot(said, each)]
        if not people and members and is_with_one_person(said):
            people = known([said.from_property])
        await self._welcome(turn_context, people)

    async def _welcome(self, turn: TurnContext, members: Sequence[ChannelAccount]) -> None:
        log = await self._job_log.get(turn)
        people = {each.id: each for each in members if not is_the_bot(turn.activity, each)}
        if not people:
            return
        staged = log.welcome(list(people))
        await self._job_state.save_changes(turn)
        new = [people[member_id] for member_id in staged.outcome]
        for together in [new] if len(new) > _WELCOMED_ONE_BY_ONE else [[member] for member in new]:

            async def forget(together: Sequence[ChannelAccount] = together) -> None:
                # Nobody read the welcome, so the next occasion is the first again.
                log.forget([member.id for member in together])
                await self._job_state.save_changes(turn)

            welcome = Answer(texts.welcome([member.name for member in together]), dropped=forget)
            await self._answers.give(turn, welcome)

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
        """Welcome who installed the app for himself; park the lane where it was uninstalled."""
        said = turn_context.activity
        if installs(said) and is_with_one_person(said):
            await self._welcome(turn_context, known([said.from_property]))
        elif shuts_us_out(said) and self._is_from_its_channel(turn_context):
            log = await self._job_log.get(turn_context)
            if is_with_one_person(said):
                log.forget([member.id for member in known([said.from_property])])
            log.park("the app was uninstalled")
            await self._job_state.save_changes(turn_context)

    async def on_event_activity(self, turn_context: TurnContext) -> None:
        """Record what a job system reports, and put the result into the HTTP response."""
        if turn_context.activity.name in EVENT_KINDS:
            leave_receipt(turn_context, await self._reports.record(turn_context))

    async def on_invoke_activity(self, turn_context: TurnContext) -> InvokeResponse:
        """Accept invokes without handling them: clients show the SDK's 501 as an error."""
        return InvokeResponse(status=200)

    def _is_from_its_channel(self, turn: TurnContext) -> bool:
        return self._permissions.speaks_for_its_channel(identity_of(turn), turn.activity.channel_id)

    async def _run(self, turn: TurnContext, title: str | None) -> Answer:
        log = await self._job_log.get(turn)
        staged = log.start(title)
        await self._job_state.save_changes(turn)
        job = staged.outcome
        _log.info("Job %d was started in %s", job.id, job.lane)

        async def owe(after: timedelta) -> None:
            log.owe_start(job.id, after)
            await self._job_state.save_changes(turn)

        return Answer(texts.starting(job), owe=owe)

    async def _show(self, turn: TurnContext, view: View | None) -> Answer:
        log = await self._job_log.get(turn)
        page = await log.page(view)
        await self._job_state.save_changes(turn)
        return Answer(texts.job_log(page, log.origin.lane))

    async def _show_job(self, turn: TurnContext, job_id: JobId) -> Answer:
        log = await self._job_log.get(turn)
        report = await log.find(job_id)
        if report is None:
            return Answer(texts.unknown_job(job_id))
        return Answer(texts.job_report(report, log.origin.lane))

    async def _done(self, turn: TurnContext, job_id: JobId) -> Answer:
        who = self._permissions.simulated_completion
        if who is SimulatedCompletion.OFF:
            return Answer(texts.DONE_IS_OFF)
        log = await self._job_log.get(turn)
        report = await log.find(job_id)
        if report is None:  # There is no such job, or it belongs to another tenant.
            return Answer(texts.unknown_job(job_id))
        job, here = report.job, log.origin.lane
        if who is SimulatedCompletion.OWNER and not log.owns(job):
            return Answer(texts.not_yours(job, here))
        staged = log.complete(job_id)
        await self._job_state.save_changes(turn)
        result = staged.outcome.result
        if result not in (ReportResult.ACCEPTED, ReportResult.REPEATED):
            return Answer(texts.already_complete(job, here))
        if result is ReportResult.ACCEPTED:
            _log.info("Job %d is complete, by done in %s", job_id, here)
        text = texts.completing(job, here)

        async def owe(after: timedelta) -> None:
            if job.lane != here:  # Else the notice of the end follows, and says more.
                log.owe_reply(job_id, text, after)
                await self._job_state.save_changes(turn)

        return Answer(text, owe=owe)
