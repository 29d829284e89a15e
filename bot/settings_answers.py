"""What `mute`, `unmute`, `quiet`, `only` and `settings` do, and what they are answered with."""

from collections.abc import Callable
from datetime import datetime, timedelta

from botbuilder.core import TurnContext

from bot.answers import Answer
from bot.commands import Mute, Only, Quiet
from bot.reading.quiet import ends_quiet, read_quiet
from bot.reading.times import read_until
from bot.replies import settings_texts
from bot.replies.words import Words
from instants import utc_now
from jobs import preferences
from state.job_state import JobLogAccessor, JobState

#: How long notices may be held at most: nothing is held until it is forgotten.
LONGEST = timedelta(days=30)

_EVERYTHING = ("everything", "all", "off", "alles")
_ONLY = {
    "failures": preferences.Only.FAILURES,
    "fehler": preferences.Only.FAILURES,
    "changes": preferences.Only.CHANGES,
    "änderungen": preferences.Only.CHANGES,
}


class SettingsAnswers:
    """
    Lets people say when they want to be told, and of what.

    What is held waits in the database, and comes as one message. The settings belong to the conversation:
    in a personal chat to the person, in a group to the group.
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
        """Send what was held, at once; quiet hours that have begun are over for this time."""
        log = await self._job_log.get(turn)
        held = await log.held()
        hold = held.preferences.quiet_hold(self._clock())
        log.defer(None)
        if hold is not None:
            log.prefer(preferences.dump_awake_until(hold.until))
        await self._job_state.save_changes(turn)
        return Answer(settings_texts.unmuted(words, held.notices))

    async def quiet(self, turn: TurnContext, words: Words, command: Quiet) -> Answer:
        """Hold notices in a part of each day."""
        off = ends_quiet(command.said)
        quiet = None if off else read_quiet(command.said, zone=words.zone_name)
        if quiet is None and not off:
            return Answer(settings_texts.how_to_be_quiet(words))
        log = await self._job_log.get(turn)
        log.prefer(preferences.dump_quiet(quiet))
        await self._job_state.save_changes(turn)
        if quiet is None:
            return Answer(settings_texts.never_quiet(words))
        return Answer(settings_texts.quiet(words, quiet), suggestions=("settings", "quiet off"))

    async def only(self, turn: TurnContext, words: Words, command: Only) -> Answer:
        """Choose which ends of jobs are told."""
        only = _ONLY.get(command.said)
        if only is None and command.said not in _EVERYTHING:
            return Answer(settings_texts.how_to_choose(words))
        log = await self._job_log.get(turn)
        log.prefer(preferences.dump_only(only))
        await self._job_state.save_changes(turn)
        suggestions = ("only everything",) if only is not None else ()
        return Answer(settings_texts.told_of(words, only), suggestions=suggestions)

    async def settings(self, turn: TurnContext, words: Words) -> Answer:
        """Say what is told here, what is held, and until when."""
        log = await self._job_log.get(turn)
        held, now = await log.held(), self._clock()
        hold = held.preferences.quiet_hold(now)
        muted = held.muted_until is not None and held.muted_until > now
        until = held.muted_until if muted else hold.until if hold is not None else None
        watches = await log.watches()
        said = settings_texts.settings(words, held, until, muted=muted, watches=len(watches))
        return Answer(said, suggestions=_suggested(held.preferences, holds=until is not None))


def _suggested(prefers: preferences.Preferences, *, holds: bool) -> tuple[str, ...]:
    """Return what may be changed next; clients show three of them."""
    return (
        "unmute" if holds else "mute 2h",
        "quiet 22:00-07:00" if prefers.quiet is None else "quiet off",
        "only failures" if prefers.only is None else "only everything",
    )
