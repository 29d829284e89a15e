"""What a person may say to the bot, read out of a message."""

from dataclasses import dataclass

from botbuilder.schema import Activity

from jobs.job import JobId, parse_job_id
from text import one_line

#: Characters of a title that are kept; the rest of a pasted page is cut.
TITLE_LENGTH = 200


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

    Not `TurnContext.remove_recipient_mention`: it fails without a recipient, and takes the bot's name out
    of the rest of the text too.
    """
    text = str(activity.text or "").replace("&nbsp;", " ")  # Teams puts one behind a mention.
    bot_id = activity.recipient.id if activity.recipient else None
    if bot_id is None:  # A mention without an id would be taken for the bot's.
        return text
    for entity in activity.entities or ():
        said = entity.additional_properties
        mentioned = said.get("mentioned")
        if entity.type != "mention" or not isinstance(mentioned, dict) or mentioned.get("id") != bot_id:
            continue
        if isinstance(said.get("text"), str):
            text = text.replace(said["text"], " ")
    return text
