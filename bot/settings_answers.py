"""What `mute`, `unmute` and `settings` do, and what they are answered with."""

from collections.abc import Callable
from datetime import datetime, timedelta

from botbuilder.core import TurnContext

from bot.answers import Answer
from bot.commands import Mute
from bot.reading.times import read_until
from bot.replies import settings_texts
from bot.replies.words import Words
from instants import utc_now
from state.job_state import JobLogAccessor, JobState

#: How long notices may be held at most: nothing is held until it is forgotten.
LONGEST = timedelta(days=30)


class SettingsAnswers:
    """
    Lets people hold back notices. Those wait in the database, and come as one message.

    It belongs to the conversation: in a personal chat to the person, in a group to the group.
    """

    def __init__(self, job_state: JobState, *, clock: Callable[[], datetime] = utc_now) -> None:
        """Keep it in *job_state*; *clock* tells what time it is for people."""
        self._job_state = job_state
        self._job_log: JobLogAccessor = job_state.create_property(JobLogAccessor.NAME)
        self._clock = clock

    async def mute(self, turn: TurnContext, words: Words, command: Mute) -> Answer:
        """Hold notices for a while, or until a time of day."""
        now = self._clock()
        until = read_until(command.said, now=now, zone=words.zone)
        if until is None:
            return Answer(settings_texts.how_to_mute(words))
        until = min(until, now + LONGEST)
        log = await self._job_log.get(turn)
        log.defer(until)
        await self._job_state.save_changes(turn)
        return Answer(settings_texts.muted(words, until), suggestions=("unmute",))

    async def unmute(self, turn: TurnContext, words: Words) -> Answer:
        """Send what was held, at once."""
        log = await self._job_log.get(turn)
        held = await log.held()
        log.defer(None)
        await self._job_state.save_changes(turn)
        return Answer(settings_texts.unmuted(words, held.notices))

    async def settings(self, turn: TurnContext, words: Words) -> Answer:
        """Say what is held, and until when."""
        log = await self._job_log.get(turn)
        held = await log.held()
        muted_until = held.until if held.until is not None and held.until > self._clock() else None
        watches = await log.watches()
        said = settings_texts.settings(words, muted_until, held.notices, len(watches))
        return Answer(said, suggestions=("unmute",) if muted_until else ("mute 2h", "watching"))
