"""What each command does, and what it is answered with."""

import logging
from collections.abc import Sequence
from datetime import timedelta

from botbuilder.core import TurnContext

from bot.answers import Answer
from bot.channels import Channel, channel_named
from bot.commands import Again, Cancel, Done, Run, Show, ShowJob
from bot.permissions import Permissions, SimulatedCompletion
from bot.reading.message import pressed_message
from bot.replies import texts
from bot.replies.cards.elements import Element
from bot.replies.cards.job_card import job_card
from bot.replies.cards.list_card import list_card
from bot.replies.messages import MakeCard
from bot.replies.words import Words
from jobs.changes import ReportResult
from jobs.job import Job, JobReport
from jobs.lane import in_logs
from jobs.naming import JobName
from state.errors import StoreUnavailable
from state.job_log import JobLog
from state.job_state import JobLogAccessor, JobState

_log = logging.getLogger(__name__)


class CommandAnswers:
    """Runs commands. Each commits before it answers: no answer mentions changes that are not stored yet."""

    def __init__(self, job_state: JobState, permissions: Permissions) -> None:
        """Keep jobs in *job_state*; *permissions* says who may complete and cancel them."""
        self._job_state = job_state
        self._permissions = permissions
        self._job_log: JobLogAccessor = job_state.create_property(JobLogAccessor.NAME)

    async def run(self, turn: TurnContext, words: Words, command: Run) -> Answer:
        """Start a job."""
        return await self._start(turn, words, command.title)

    async def again(self, turn: TurnContext, words: Words, command: Again) -> Answer:
        """Start a job with the title of another."""
        log = await self._job_log.get(turn)
        found = await self.one(log, words, "again", command.job)
        return found if isinstance(found, Answer) else await self._start(turn, words, found.job.title)

    async def show(self, turn: TurnContext, words: Words, command: Show) -> Answer:
        """List jobs."""
        log = await self._job_log.get(turn)
        page = await log.page(command.view)
        await self._job_state.save_changes(turn)
        if not page.jobs:
            return Answer(texts.job_log(words, page, {}, log.origin.lane))
        names, here = await log.short_names(page.jobs), log.origin.lane
        text = texts.job_log(words, page, names, here)
        return Answer(text, lambda channel: list_card(words, channel, page, names, here, fallback=text))

    async def show_job(self, turn: TurnContext, words: Words, command: ShowJob) -> Answer:
        """Show one job."""
        log = await self._job_log.get(turn)
        found = await self.one(log, words, "show", command.job)
        if isinstance(found, Answer):
            return found
        report = (await log.find(found.job.id) if found.notice is None else None) or found
        text = texts.job_report(words, report, log.origin.lane)
        return Answer(text, self._card(log, words, report.job, text))

    async def done(self, turn: TurnContext, words: Words, command: Done) -> Answer:
        """Complete a job, as if the job system had reported it."""
        if self._permissions.simulated_completion is SimulatedCompletion.OFF:
            return Answer(texts.done_is_off(words))
        log = await self._job_log.get(turn)
        found = await self.one(log, words, "done", command.job)
        if isinstance(found, Answer):
            return found
        job, here = found.job, log.origin.lane
        if not self._may_end(log, job):
            return Answer(texts.not_yours(words, job, here))
        staged = log.complete(job.id)
        await self._job_state.save_changes(turn)
        result = staged.outcome.result
        if result not in (ReportResult.ACCEPTED, ReportResult.REPEATED):
            return await self._already_complete(turn, log, words, job)
        if result is ReportResult.ACCEPTED:
            _log.info("Job %d is complete, by done in %s", job.id, in_logs(here), extra={"job": job.id})
        text = texts.completing(words, job, here)

        async def owe(after: timedelta) -> None:
            if job.lane != here:  # Else the notice of the end follows, and says more.
                log.owe_reply(job.id, text, after)
                await self._job_state.save_changes(turn)

        return Answer(text, owe=owe)

    async def cancel(self, turn: TurnContext, words: Words, command: Cancel) -> Answer:
        """Ask whoever runs a job to stop."""
        log = await self._job_log.get(turn)
        found = await self.one(log, words, "cancel", command.job)
        if isinstance(found, Answer):
            return found
        job, here = found.job, log.origin.lane
        if not self._may_end(log, job):
            return Answer(texts.not_yours(words, job, here))
        if job.cancel_asked_at is not None and not job.status.is_final:
            return Answer(texts.already_cancelling(words, job, here))
        staged = log.ask_cancel(job.id)
        await self._job_state.save_changes(turn)
        status = staged.outcome
        if status is None or status.is_final:
            ended = await log.find(job.id)
            return await self._already_complete(turn, log, words, ended.job if ended else job)
        _log.info("Job %d: somebody in %s wants it cancelled", job.id, in_logs(here), extra={"job": job.id})
        text = texts.cancelling(words, job, here)

        async def owe(after: timedelta) -> None:
            log.owe_reply(job.id, text, after)
            await self._job_state.save_changes(turn)

        return Answer(text, owe=owe)

    async def _already_complete(self, turn: TurnContext, log: JobLog, words: Words, job: Job) -> Answer:
        """Say that a job has ended; a card whose button should have known that is updated."""
        pressed = pressed_message(turn.activity)
        if pressed is not None and channel_named(turn.activity.channel_id).updates:
            try:
                await log.repair(job, pressed)
            except StoreUnavailable as error:
                _log.warning(
                    "A card about job %d stays out of date: %s", job.id, error, extra={"job": job.id}
                )
        return Answer(texts.already_complete(words, job, log.origin.lane))

    async def _start(self, turn: TurnContext, words: Words, title: str | None) -> Answer:
        log = await self._job_log.get(turn)
        staged = log.start(title)
        await self._job_state.save_changes(turn)
        job = staged.outcome
        _log.info("Job %d was started in %s", job.id, in_logs(job.lane), extra={"job": job.id})

        async def owe(after: timedelta) -> None:
            log.owe_start(job.id, after)
            await self._job_state.save_changes(turn)

        text = texts.starting(words, job)

        async def sent(message_id: str) -> None:
            try:
                await log.keep_live(job, message_id)
            except StoreUnavailable as error:
                _log.warning(
                    "The message about job %d will not be updated: %s", job.id, error, extra={"job": job.id}
                )

        return Answer(text, self._card(log, words, job, text), beside=True, sent=sent, owe=owe)

    async def one(self, log: JobLog, words: Words, command: str, name: JobName | None) -> JobReport | Answer:
        """Return the job that is meant by *name*, or the answer that asks which."""
        if name is None:
            return Answer(texts.number_needed(words, command))
        found = await log.named(name)
        match len(found):
            case 0 if name.number is None and command != "show":
                return Answer(texts.number_needed(words, command))
            case 0:
                return Answer(texts.unknown_job(words, name.text, name.number))
            case 1:
                return found[0]
        return await self._which(log, words, command, [each.job for each in found])

    async def _which(self, log: JobLog, words: Words, command: str, jobs: Sequence[Job]) -> Answer:
        names = await log.short_names(jobs)
        return Answer(texts.which_job(words, command, jobs, names, log.origin.lane))

    def _card(self, log: JobLog, words: Words, job: Job, text: str) -> MakeCard:
        """Return what makes the card of *job*, which says the same as *text*."""
        here, may_complete = log.origin.lane, self._may_complete(log, job)

        def make(channel: Channel) -> Element:
            return job_card(words, channel, job, here, fallback=text, may_complete=may_complete)

        return make

    def _may_complete(self, log: JobLog, job: Job) -> bool:
        off = self._permissions.simulated_completion is SimulatedCompletion.OFF
        return not off and self._may_end(log, job)

    def _may_end(self, log: JobLog, job: Job) -> bool:
        return self._permissions.simulated_completion is SimulatedCompletion.ANYONE or log.owns(job)
