"""`ProactiveBot`: runs one turn, from the activity to the stored changes and the reply."""

from collections.abc import Callable, Sequence
from datetime import datetime
from http import HTTPStatus

from botbuilder.core import (
    ActivityHandler,
    ConversationState,
    InvokeResponse,
    MemoryStorage,
    TurnContext,
)
from botbuilder.schema import ActivityTypes, ChannelAccount

from bot.addressing import is_for_the_bot
from bot.answers import Answer, Answers
from bot.busy import Busy
from bot.card_invokes import CARD_ACTION, command_in_invoke, message_answer
from bot.command_answers import CommandAnswers
from bot.commands import (
    Again,
    Cancel,
    Command,
    Done,
    Help,
    Mute,
    New,
    Only,
    Quiet,
    Run,
    Settings,
    Show,
    ShowJob,
    Unmute,
    Unwatch,
    Watch,
    Watching,
)
from bot.help_limit import HelpLimit
from bot.job_reports import JobReports
from bot.new_job_answers import NewJobAnswers
from bot.permissions import OPEN, Permissions
from bot.presence import installs, is_the_bot, is_with_one_person, known, lets_us_speak, shuts_us_out
from bot.reading.commands import read_command
from bot.reading.message import Message, read_message
from bot.reading.person import words_of
from bot.receipt import leave_receipt
from bot.replies import help_texts, texts
from bot.report_events import EVENT_KINDS
from bot.settings_answers import SettingsAnswers
from bot.speakers import is_said_by_a_program
from bot.turn_context import identity_of
from bot.watch_answers import WatchAnswers
from instants import utc_now
from state.job_state import JobLogAccessor, JobState

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
        self,
        job_state: JobState,
        permissions: Permissions = OPEN,
        *,
        conversation_state: ConversationState | None = None,
        answers: Answers | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """
        Keep jobs in *job_state*; *permissions* says who may complete them; answer by *answers*.

        What the bot asks is kept in *conversation_state*, by default in memory. *clock* tells what time it is
        for people.
        """
        super().__init__()
        self._permissions = permissions
        self._job_state = job_state
        self._job_log: JobLogAccessor = job_state.create_property(JobLogAccessor.NAME)
        self._answers = answers or Answers()
        self._reports = JobReports(job_state, permissions)
        self._commands = CommandAnswers(job_state, permissions)
        self._watch = WatchAnswers(job_state, self._commands)
        self._settings = SettingsAnswers(job_state, clock=clock)
        state = conversation_state or ConversationState(MemoryStorage())
        busy = Busy(state, job_state, clock=clock)
        self._new_job = NewJobAnswers(state, busy, self._commands)
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
        answer = await self._answer(turn, command, message)
        if answer is not None:
            await self._answers.give(turn, answer)

    async def _answer(self, turn: TurnContext, command: Command, message: Message) -> Answer | None:
        """Run *command*; return the answer, None if the bot should say nothing."""
        words, commands = words_of(turn.activity), self._commands
        if _may_be_an_answer(command):
            answer = await self._new_job.answer(turn, words, message.text)
            if answer is not None:
                return answer
        match command:
            case New():
                return await self._new_job.ask(turn, words)
            case Run():
                return await commands.run(turn, words, command)
            case Again():
                return await commands.again(turn, words, command)
            case Show():
                return await commands.show(turn, words, command)
            case ShowJob():
                return await commands.show_job(turn, words, command)
            case Done():
                return await commands.done(turn, words, command)
            case Cancel():
                return await commands.cancel(turn, words, command)
            case Watch():
                return await self._watch.watch(turn, words, command)
            case Watching():
                return await self._watch.watching(turn, words)
            case Unwatch():
                return await self._watch.unwatch(turn, words, command)
            case Mute():
                return await self._settings.mute(turn, words, command)
            case Unmute():
                return await self._settings.unmute(turn, words)
            case Quiet():
                return await self._settings.quiet(turn, words, command)
            case Only():
                return await self._settings.only(turn, words, command)
            case Settings():
                return await self._settings.settings(turn, words)
            case Help(asked=True):
                said = help_texts.help_text(words, command.topic)
                return Answer(said, suggestions=help_texts.SUGGESTED)
            case Help():
                log = await self._job_log.get(turn)
                if not self._help_limit.allows(log.origin.lane, message.text):
                    turn.turn_state[_SOUNDS_LIKE_A_PROGRAM] = True
                    return None
                guessed = (command.guess,) if command.guess else ()
                return Answer(
                    help_texts.not_understood(words, command.said, command.guess), suggestions=guessed
                )

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

            text = texts.welcome(words_of(turn.activity), [member.name for member in together])
            welcome = Answer(text, suggestions=help_texts.SUGGESTED, dropped=forget)
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
        """
        Run the command of a card's button, where a host sends it as an invoke; refuse all other invokes.

        Source: https://learn.microsoft.com/adaptive-cards/authoring-cards/universal-action-model
        """
        said = turn_context.activity
        text = command_in_invoke(said) if said.name == CARD_ACTION else None
        if text is None:
            return InvokeResponse(status=HTTPStatus.NOT_IMPLEMENTED.value)
        message = Message(text)
        answer = await self._answer(turn_context, read_command(message), message)
        return InvokeResponse(status=HTTPStatus.OK.value, body=message_answer(answer.text if answer else ""))

    def _is_from_its_channel(self, turn: TurnContext) -> bool:
        return self._permissions.speaks_for_its_channel(identity_of(turn), turn.activity.channel_id)


def _may_be_an_answer(command: Command) -> bool:
    """Return whether the message may answer a question of the bot: it is no command, and no greeting."""
    match command:
        case Help(asked=False, said=said):
            return bool(said)
        case Cancel(None):
            return True
    return False
