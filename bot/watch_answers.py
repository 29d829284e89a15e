"""What `watch`, `watching` and `unwatch` do, and what they are answered with."""

from botbuilder.core import TurnContext

from bot.answers import Answer
from bot.command_answers import CommandAnswers
from bot.commands import Unwatch, Watch
from bot.replies import texts, watch_texts
from bot.replies.words import Words
from jobs.naming import JobName
from jobs.watching import WATCHES, is_pattern
from state.job_log import JobLog
from state.job_state import JobLogAccessor, JobState


class WatchAnswers:
    """Lets a conversation be told of jobs that it did not start. In a group that is the group's."""

    def __init__(self, job_state: JobState, commands: CommandAnswers) -> None:
        """Keep watches in *job_state*; *commands* finds the job that a name means."""
        self._job_log: JobLogAccessor = job_state.create_property(JobLogAccessor.NAME)
        self._commands = commands

    async def watch(self, turn: TurnContext, words: Words, command: Watch) -> Answer:
        """Watch one job, or those whose titles fit a pattern."""
        log = await self._job_log.get(turn)
        name = command.target
        if name is not None and is_pattern(name.text):
            kept = await log.watch(name.text)
            text = watch_texts.watching_pattern(words, name.text)
        else:
            found = await self._commands.one(log, words, "watch", name)
            if isinstance(found, Answer):
                return found
            job, here = found.job, log.origin.lane
            if job.status.is_final:
                return Answer(texts.already_complete(words, job, here))
            if job.lane == here:
                return Answer(watch_texts.told_anyway(words, job))
            kept = await log.watch(job)
            text = watch_texts.watching_job(words, job)
        return Answer(text if kept else watch_texts.too_many(words, WATCHES))

    async def watching(self, turn: TurnContext, words: Words) -> Answer:
        """List what the conversation watches."""
        log = await self._job_log.get(turn)
        watches = await log.watches()
        found = [await log.find(each.job_id) for each in watches if each.job_id is not None]
        jobs = {report.job.id: report.job for report in found if report is not None}
        return Answer(watch_texts.watching(words, watches, jobs))

    async def unwatch(self, turn: TurnContext, words: Words, command: Unwatch) -> Answer:
        """Forget one watch, or all."""
        log = await self._job_log.get(turn)
        if command.everything:
            return Answer(watch_texts.forgotten(words, await log.unwatch(None)))
        name = command.target
        if name is None:
            return Answer(watch_texts.what_to_unwatch(words))
        forgotten = await log.unwatch(name.text)
        if not forgotten and not is_pattern(name.text):
            forgotten = await self._unwatch_job(log, name)
        return Answer(watch_texts.forgotten(words, forgotten))

    async def _unwatch_job(self, log: JobLog, name: JobName) -> int:
        found = await log.named(name)
        return await log.unwatch(str(found[0].job.id)) if len(found) == 1 else 0
