"""How a text is understood as a command."""

from collections.abc import Callable
from difflib import get_close_matches
from itertools import dropwhile

from bot.commands import (
    TITLE_LENGTH,
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
from bot.reading.folding import bare, folded
from bot.reading.message import Message
from bot.reading.quiet import ends_quiet, read_quiet
from bot.reading.times import read_span
from jobs.job import parse_job_id
from jobs.listing import View
from jobs.naming import JobName
from jobs.watching import is_pattern
from text import cut_short, one_line

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

#: Quotation marks around a pattern.
_QUOTES = frozenset({"``", '""', "''", "“”", "‘’", "„“", "«»"})  # noqa: RUF001

#: Words that may stand before a job number.
_JOB_WORDS = frozenset({"job", "number", "no", "nr", "id"})

#: How alike a word and a command must be, from 0 to 1, to ask whether the command was meant.
_ALIKE = 0.7

#: What people say to say something; it gets help, and no word that it was not understood.
_GREETINGS = {"hi", "hello", "hey", "hallo", "moin", "good", "guten", "thanks", "thank", "danke", "ok"}

_SAID_LENGTH = 60  # Characters that are repeated of what was not understood.


def read_command(message: Message) -> Command:
    """
    Return the command in *message*.

    Case, width, spaces, marks around words and punctuation behind them do not matter. A title is kept as it
    was written.
    """
    words = _unwrapped(one_line(message.text, 2 * TITLE_LENGTH)).split()
    words = [*dropwhile(lambda word: not bare(word).strip("-"), words)]  # What is left behind a mention.
    verb, rest = (bare(words[0]).removeprefix("/"), words[1:]) if words else ("", [])
    read = _READERS.get(verb)
    return _not_understood(words, verb) if read is None else read(rest)


def is_complete(command: Command) -> bool:
    """Return whether nobody would write *command* by chance: it has all that it needs and nothing more."""
    match command:
        case Run(title):
            return title is None
        case Again(job) | Done(job) | Cancel(job) | ShowJob(job) | Watch(job) | Unwatch(job):
            return job is not None and job.number is not None
        case Mute(said):
            return read_span(said.removeprefix("for ")) is not None or said.startswith("until ")
        case Quiet(said):
            return ends_quiet(said) or read_quiet(said, zone="UTC") is not None
        case Only(said):
            return said in ("failures", "changes", "everything")
        case Help(asked):
            return asked
    return True


def _run(words: list[str]) -> Command:
    if [bare(word) for word in words] in ([], ["job"], [""]):
        return Run()
    return Run(cut_short(" ".join(words), TITLE_LENGTH))


def _new(words: list[str]) -> Command:
    run = _run(words)
    return New() if run == Run() else run


def _show(words: list[str]) -> Command:
    said = " ".join(filter(None, map(bare, words)))
    if said in _VIEWS:
        return Show(_VIEWS[said])
    name = _name(words)
    return Show() if name is None else ShowJob(name)


def _target(words: list[str]) -> JobName | None:
    """Return what to watch: a pattern as it was written, without quotation marks, or the name of a job."""
    text = " ".join(words)
    if not is_pattern(text):
        return _name(words)
    quoted = len(text) > 1 and text[0] + text[-1] in _QUOTES
    return JobName(cut_short(text[1:-1] if quoted else text, TITLE_LENGTH))


def _unwatch(words: list[str]) -> Command:
    everything = [bare(word) for word in words] in (["all"], ["everything"])
    return Unwatch(None, everything=True) if everything else Unwatch(_target(words))


def _help(words: list[str]) -> Command:
    said = " ".join(filter(None, map(bare, words)))
    topic = said.removeprefix("/")
    if not said or topic in _READERS:
        return Help(asked=True, topic=topic or None)
    return _not_understood(["help", *words], topic)


def _not_understood(words: list[str], verb: str) -> Help:
    if verb in _GREETINGS:
        return Help()
    # Comparing by `difflib` takes a tenth of a turn, so what shares few letters is sorted out before.
    near = [
        each for each in VERBS if abs(len(each) - len(verb)) <= 2 and len({*each} & {*verb}) >= len(each) - 1
    ]
    alike = get_close_matches(verb, near, n=1, cutoff=_ALIKE)
    return Help(said=cut_short(" ".join(words), _SAID_LENGTH), guess=alike[0] if alike else None)


def _unwrapped(text: str) -> str:
    """Return *text* without quotation marks or emphasis around all of it, as help prints commands."""
    while len(text) > 1 and text[0] + text[-1] in _WRAPPERS:
        text = text[1:-1]
    return text


def _name(words: list[str]) -> JobName | None:
    """Return the name of a job that *words* are: a number, its last digits, or a title."""
    last = words
    while len(last) > 1 and bare(last[0]).lstrip("#") in _JOB_WORDS | {""}:
        last = last[1:]
    if len(last) == 1:
        digits = bare(folded(last[0])).removeprefix("#")
        number = parse_job_id(digits)
        if number is not None:
            return JobName("".join(str(int(digit)) for digit in digits.strip()), number)
    title = _unwrapped(" ".join(words)).strip()
    return JobName(cut_short(title, TITLE_LENGTH)) if bare(title) else None


_READERS: dict[str, Callable[[list[str]], Command]] = {
    "run": _run,
    "new": _new,
    "again": lambda words: Again(_name(words)),
    "show": _show,
    "done": lambda words: Done(_name(words)),
    "cancel": lambda words: Cancel(_name(words)),
    "watch": lambda words: Watch(_target(words)),
    "watching": lambda words: Watching(),
    "unwatch": _unwatch,
    "mute": lambda words: Mute(" ".join(filter(None, map(bare, words)))),
    "unmute": lambda words: Unmute(),
    "quiet": lambda words: Quiet(" ".join(words).strip(" `.!")),
    "only": lambda words: Only(" ".join(filter(None, map(bare, words)))),
    "settings": lambda words: Settings(),
    "help": _help,
}

#: Every word that a command begins with.
VERBS = tuple(_READERS)
