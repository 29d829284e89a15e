"""`new`: asks what a job should be called, and starts it when that is answered."""

from botbuilder.core import ConversationState, TurnContext

from bot.answers import Answer
from bot.busy import Busy
from bot.command_answers import CommandAnswers
from bot.commands import TITLE_LENGTH, Run
from bot.reading.folding import bare
from bot.replies import new_job_texts
from bot.replies.words import ENGLISH, Words
from text import cut_short, one_line


class NewJobAnswers:
    """
    Two steps, of which the first stands in `ConversationState`: any process may take the second.

    The question is for the person who was asked, for as long as the conversation is busy with it. Whatever is
    a command is not its answer.
    """

    def __init__(self, conversation_state: ConversationState, busy: Busy, commands: CommandAnswers) -> None:
        """Remember the question in *conversation_state*; start jobs by *commands*."""
        self._asked = conversation_state.create_property("NewJob")
        self._busy = busy
        self._commands = commands

    async def ask(self, turn: TurnContext, words: Words) -> Answer:
        """Ask what the job should be called."""
        await self._asked.set(turn, {"person": turn.activity.from_property.id})
        await self._busy.begin(turn)
        return Answer(new_job_texts.what_title(words), suggestions=new_job_texts.ways_out(words))

    async def answer(self, turn: TurnContext, words: Words, said: str) -> Answer | None:
        """Take *said* as the answer; return None if this person was not asked just now."""
        asked = await self._asked.get(turn)
        if asked is None or asked["person"] != turn.activity.from_property.id:
            return None
        if not await self._busy.lasts(turn):
            return None
        untitled, dropped = (
            bare(said) in {bare(each), bare(meant)}
            for each, meant in zip(
                new_job_texts.ways_out(words), new_job_texts.ways_out(ENGLISH), strict=True
            )
        )
        if dropped or bare(said) == "cancel":
            answer = Answer(new_job_texts.not_started(words))
        else:
            title = None if untitled else cut_short(one_line(said, 2 * TITLE_LENGTH), TITLE_LENGTH)
            answer = await self._commands.run(turn, words, Run(title))
        await self._asked.delete(turn)
        await self._busy.end(turn)
        return answer
