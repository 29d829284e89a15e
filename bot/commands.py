"""What a person may say to the bot, read out of a message."""

from dataclasses import dataclass
from itertools import islice

from botbuilder.schema import Activity

from jobs.job import JobId, parse_job_id
from text import one_line

#: Characters of a title that are kept; the rest of a pasted page is cut.
TITLE_LENGTH = 200

#: Characters of a message that are looked at. A command stands at the beginning, behind mentions at most.
TEXT_LENGTH = 8000

ENTITIES = 250  #: Of a message, in which the bot's own mention is looked for.


@dataclass(frozen=True, slots=True)
class Run:
    """``run``, ``run job``, or ``run`` and what it is about."""

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
    """``done <n>``; without a usable number `job_id` is None."""

    job_id: JobId | None


@dataclass(frozen=True, slots=True)
class Help:
    """Anything else."""


Command = Run | Show | ShowJob | Done | Help


def read_command(activity: Activity) -> Command:
    """Return what the person who wrote *activity* wants. Case and spaces do not matter."""
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
    Return the text of *activity* without the bot's own mention, which group chats need to reach the bot.

    Only the first `TEXT_LENGTH` characters and `ENTITIES` entities count: each mention is looked for in the
    whole text. Not `TurnContext.remove_recipient_mention`: it fails without a recipient, and takes the bot's
    name out of the rest of the text too.
    """
    text = str(activity.text or "")[:TEXT_LENGTH].replace("&nbsp;", " ")  # Teams puts one behind a mention.
    bot_id = activity.recipient.id if activity.recipient else None
    if bot_id is None:  # A mention without an id would be taken for the bot's.
        return text
    for entity in islice(activity.entities or (), ENTITIES):
        said = entity.additional_properties
        mentioned, mention = said.get("mentioned"), said.get("text")
        if entity.type != "mention" or not isinstance(mentioned, dict) or mentioned.get("id") != bot_id:
            continue
        # Empty, it would put a space around each character, and so double the text again and again.
        if isinstance(mention, str) and mention:
            text = text.replace(mention, " ")
    return text
