"""The commands."""

from dataclasses import dataclass

from jobs.listing import View
from jobs.naming import JobName

#: Maximum characters of a title; longer ones are cut.
TITLE_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Run:
    """``run``, ``run job``, or ``run`` and a title."""

    title: str | None = None


@dataclass(frozen=True, slots=True)
class New:
    """``new``, ``new job``: asks for the title first."""


@dataclass(frozen=True, slots=True)
class Again:
    """``again <job>``: start a job with the title of another."""

    job: JobName | None


@dataclass(frozen=True, slots=True)
class Show:
    """``show``, ``show jobs``, ``show all``, ``show running``; `view` is None for ``show more``."""

    view: View | None = View.HERE_FIRST


@dataclass(frozen=True, slots=True)
class ShowJob:
    """``show <job>``."""

    job: JobName


@dataclass(frozen=True, slots=True)
class Done:
    """``done <job>``; `job` is None if none is named."""

    job: JobName | None


@dataclass(frozen=True, slots=True)
class Cancel:
    """``cancel <job>``; `job` is None if none is named."""

    job: JobName | None


@dataclass(frozen=True, slots=True)
class Watch:
    """``watch <job>``, or ``watch`` and a pattern for titles; `target` is None if there is none."""

    target: JobName | None


@dataclass(frozen=True, slots=True)
class Watching:
    """``watching``."""


@dataclass(frozen=True, slots=True)
class Unwatch:
    """``unwatch <job>``, ``unwatch`` and a pattern, or ``unwatch all``."""

    target: JobName | None
    everything: bool = False


@dataclass(frozen=True, slots=True)
class Mute:
    """``mute 2h``, ``mute until 9:00``."""

    said: str


@dataclass(frozen=True, slots=True)
class Unmute:
    """``unmute``."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """``quiet 22:00-07:00``, ``quiet off``; as it was written, since names of time zones have capitals."""

    said: str


@dataclass(frozen=True, slots=True)
class Only:
    """``only failures``, ``only changes``, ``only everything``."""

    said: str


@dataclass(frozen=True, slots=True)
class Settings:
    """``settings``."""


@dataclass(frozen=True, slots=True)
class Help:
    """``help``, ``help <command>``, or anything that is not understood."""

    asked: bool = False
    topic: str | None = None  #: The command that the question is about.
    said: str = ""  #: What was not understood.
    guess: str | None = None  #: The command that was probably meant.


Command = (
    Run
    | New
    | Again
    | Show
    | ShowJob
    | Done
    | Cancel
    | Watch
    | Watching
    | Unwatch
    | Mute
    | Unmute
    | Quiet
    | Only
    | Settings
    | Help
)
