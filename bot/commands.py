"""The commands, and how a text is understood as one."""

from dataclasses import dataclass
from itertools import dropwhile

from bot.reading.folding import bare, folded
from bot.reading.message import Message
from jobs.job import JobId, parse_job_id
from jobs.listing import View
from text import cut_short, one_line

#: Maximum characters of a title; longer ones are cut.
TITLE_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Run:
    """``run``, ``run job``, or ``run`` and a title."""

    title: str | None = None


@dataclass(frozen=True, slots=True)
class Show:
    """``show``, ``show jobs``, ``show all``, ``show running``; `view` is None for ``show more``."""

    view: View | None = View.HERE_FIRST


@dataclass(frozen=True, slots=True)
class ShowJob:
    """``show <n>``."""

    job_id: JobId


@dataclass(frozen=True, slots=True)
class Done:
    """``done <n>``; `job_id` is None if there is no valid number."""

    job_id: JobId | None


@dataclass(frozen=True, slots=True)
class Help:
    """``help``, or anything that is not understood."""

    asked: bool = False


Command = Run | Show | ShowJob | Done | Help

_VIEWS = {
    "": View.HERE_FIRST,
    "job": View.HERE_FIRST,
    "jobs": View.HERE_FIRST,
    "all": View.ALL,
    "all jobs": View.ALL,
    "running": View.RUNNING,
    "running jobs": View.RUNNING,
    "more": None,
    "more jobs": None,
}

_WRAPPERS = frozenset({"``", '""', "''", "**", "__", "“”", "‘’", "„“", "«»", "()", "[]"})  # noqa: RUF001

#: Words that may stand before a job number.
_JOB_WORDS = frozenset({"job", "number", "no", "nr", "id"})


def read_command(message: Message) -> Command:
    """
    Return the command in *message*.

    Case, width, spaces, marks around words and punctuation behind them do not matter. A title is kept as it
    was written.
    """
    words = _unwrapped(one_line(message.text, 2 * TITLE_LENGTH)).split()
    words = [*dropwhile(lambda word: not bare(word).strip("-"), words)]  # What is left behind a mention.
    verb, rest = (bare(words[0]).removeprefix("/"), words[1:]) if words else ("", [])
    if verb == "run":
        return Run(_title(rest))
    said = " ".join(filter(None, map(bare, rest)))
    if verb == "show":
        if said in _VIEWS:
            return Show(_VIEWS[said])
        number = _number(rest)
        return Help() if number is None else ShowJob(number)
    if verb == "done":
        return Done(_number(rest))
    return Help(asked=verb == "help" and not said)


def is_complete(command: Command) -> bool:
    """Return whether nobody would write *command* by chance: it has all that it needs and nothing more."""
    match command:
        case Run(title):
            return title is None
        case Done(job_id):
            return job_id is not None
        case Help(asked):
            return asked
    return True


def _unwrapped(text: str) -> str:
    """Return *text* without quotation marks or emphasis around all of it, as help prints commands."""
    while len(text) > 1 and text[0] + text[-1] in _WRAPPERS:
        text = text[1:-1]
    return text


def _title(words: list[str]) -> str | None:
    if [bare(word) for word in words] in ([], ["job"], [""]):
        return None
    return cut_short(" ".join(words), TITLE_LENGTH)


def _number(words: list[str]) -> JobId | None:
    """Return the job number that *words* are, if they are one and nothing else."""
    while len(words) > 1 and bare(words[0]).lstrip("#") in _JOB_WORDS | {""}:
        words = words[1:]
    if len(words) != 1:
        return None
    return parse_job_id(bare(folded(words[0])).removeprefix("#"))
