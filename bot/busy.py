"""Whether a conversation is in the middle of something: notices wait until it is over."""

from collections.abc import Callable
from datetime import datetime, timedelta

from botbuilder.core import ConversationState, TurnContext

from instants import instant, micros, utc_now
from jobs.preferences import dump_busy_until
from state.job_state import JobLogAccessor, JobState

#: How long notices wait at most: a person who goes away in the middle is told all the same.
LONGEST = timedelta(minutes=5)

_UNTIL = "until"


class Busy:
    """
    The flag that a dialog sets while it asks, kept in `ConversationState`.

    Answers to people are never held by it. A bot that is built on this one uses it in the same way: `begin`
    before the first question, and again before each further one; `end` after the last.
    """

    NAME = "Busy"

    def __init__(
        self,
        conversation_state: ConversationState,
        job_state: JobState,
        *,
        longest: timedelta = LONGEST,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """Keep the flag in *conversation_state*, and hold the notices of *job_state* for *longest*."""
        self._conversation_state = conversation_state
        self._flag = conversation_state.create_property(self.NAME)
        self._job_state = job_state
        self._job_log: JobLogAccessor = job_state.create_property(JobLogAccessor.NAME)
        self._longest = longest
        self._clock = clock

    async def begin(self, turn: TurnContext) -> None:
        """Mark the turn's conversation as busy from now, and save both states. Raises `StoreUnavailable`."""
        until = self._clock() + self._longest
        await self._flag.set(turn, {_UNTIL: micros(until)})
        await self._save(turn, until)

    async def end(self, turn: TurnContext) -> None:
        """Let what was held go at once, and save both states. Raises `StoreUnavailable`."""
        await self._flag.delete(turn)
        await self._save(turn, None)

    async def lasts(self, turn: TurnContext) -> bool:
        """Return whether the conversation is busy. Raises `StoreUnavailable`."""
        flag = await self._flag.get(turn)
        return flag is not None and self._clock() < instant(flag[_UNTIL])

    async def _save(self, turn: TurnContext, until: datetime | None) -> None:
        log = await self._job_log.get(turn)
        log.prefer(dump_busy_until(until))
        await self._job_state.save_changes(turn)
        await self._conversation_state.save_changes(turn)
