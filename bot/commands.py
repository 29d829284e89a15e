"""Read a command from the text of a message."""

from dataclasses import dataclass
from itertools import islice

from botbuilder.schema import Activity

from jobs.job import JobId, parse_job_id
from text import one_line

#: Maximum characters of a title; longer ones are cut.
TITLE_LENGTH = 200

#: Characters of a message that are read. A command is at the beginning; only mentions may precede it.
TEXT_LENGTH = 8000

ENTITIES = 250  #: Entities of a message that are searched for the bot's own mention.


@dataclass(frozen=True, slots=True)
class Run:
    """``run``, ``run job``, or ``run`` and a title."""

    title: str | None = None


@dataclass(frozen=True, slots=True)
class Show:
    """``show``, ``show jobs``; with *more* ``show more``."""

    more: bool = False


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
    """Anything else."""


Command = Run | Show | ShowJob | Done | Help


def read_command(activity: Activity) -> Command:
    """Return the command in *activity*. Case and spaces do not matter."""
    words = one_line(spoken_text(activity), 2 * TITLE_LENGTH).split()
    verb, rest = (words[0].lower(), words[1:]) if words else ("", [])
    said = " ".join(rest).lower()
    match verb:
        case "run":
            return Run(None if said in ("", "job") else " ".join(rest)[:TITLE_LENGTH])
        case "show" if said in ("", "jobs"):
            return Show()
        case "show" if said == "more":
            return Show(more=True)
        case "show" if (job_id := parse_job_id(said)) is not None:
            return ShowJob(job_id)
        case "done":
            return Done(parse_job_id(said))
    return Help()


def spoken_text(activity: Activity) -> str:
    """
    Return the text of *activity* without mentions of the bot, which group chats require.

    Reads only the first `TEXT_LENGTH` characters and `ENTITIES` entities, because each mention is searched in
    the whole text. `TurnContext.remove_recipient_mention` is not used: it fails without a recipient, and also
    removes the bot's name from the rest of the text.
    """
    text = str(activity.text or "")[:TEXT_LENGTH].replace("&nbsp;", " ")  # Teams adds one after a mention.
    bot_id = activity.recipient.id if activity.recipient else None
    if bot_id is None:  # A mention without an id would look like the bot's.
        return text
    for entity in islice(activity.entities or (), ENTITIES):
        said = entity.additional_properties
        mentioned, mention = said.get("mentioned"), said.get("text")
        if entity.type != "mention" or not isinstance(mentioned, dict) or mentioned.get("id") != bot_id:
            continue
        # Replacing an empty text would add a space around each character and double the text each time.
        if isinstance(mention, str) and mention:
            text = text.replace(mention, " ")
    return text
