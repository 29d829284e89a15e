"""What part of the job log is asked for, and where in it a reader is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NamedTuple

from jobs.job import JOB_ID_LIMIT, Job, JobId, JobStatus
from jobs.lane import LaneKey


class View(Enum):
    """Which jobs are listed, always the newest first."""

    HERE_FIRST = "here"  #: Those of the conversation that asks, then all others.
    ALL = "all"
    RUNNING = "running"  #: Those that have not ended.


class Section(Enum):
    """A run of jobs in one order. A view is one section after the other."""

    HERE = "here"
    OTHERS = "others"  #: Those of other conversations.
    ALL = "all"
    RUNNING = "running"


_SECTIONS = {
    View.HERE_FIRST: Section.HERE,
    View.ALL: Section.ALL,
    View.RUNNING: Section.RUNNING,
}


class Position(NamedTuple):
    """A place in the job log: in this section, the jobs with smaller numbers follow."""

    section: Section
    before: JobId


class PageAsked(NamedTuple):
    """A page of the job log that a conversation asks for."""

    lane: LaneKey
    size: int
    view: View | None = View.HERE_FIRST  #: None continues after the page that the conversation saw last.
    tenant: str | None = None  #: Only the jobs of this tenant; a lane key stands for one conversation.
    source_activity: str | None = None  #: The activity that continues gets the same page again when resent.

    @property
    def beginning(self) -> Position:
        """Where the view begins. After the last job of `HERE` follows the first of `OTHERS`."""
        return Position(_SECTIONS[self.view or View.HERE_FIRST], JobId(JOB_ID_LIMIT))


@dataclass(frozen=True, kw_only=True, slots=True)
class JobPage:
    """A page of the job log: sections in order, in each the newest job first."""

    jobs: Sequence[Job]
    total: int  #: Jobs in the whole log, or those that are running, as far as they were counted.
    start: Position
    end: Position  #: Where the next page begins.
    has_more: bool  #: Whether there are jobs after these.
    bookmarked: bool  #: Whether the conversation had read on, or in another view.
    beyond_total: bool = False  #: Whether there are more than `total` jobs; those were not counted.


#: Jobs that one question looks at, so that its cost is bounded whatever it asks for.
SCANNED_JOBS = 5_000


class Telling(Enum):
    """How people stand who are to be told of a job's end."""

    WAITING = "waiting"  #: They are still to be told.
    TOLD = "told"
    UNWANTED = "unwanted"  #: They do not want to be told of such ends.
    GIVEN_UP = "dead"  #: It is a dead letter, or was one that is purged.


class JobsAsked(NamedTuple):
    """Jobs of the whole log that a job system or an operator asks for."""

    size: int  #: Jobs at most.
    before: JobId = JobId(JOB_ID_LIMIT)  #: Only those with smaller numbers.
    statuses: frozenset[JobStatus] = frozenset()  #: Only those; none stands for all.
    title: str | None = None  #: A pattern with ``*`` and ``?``; case does not matter.
    since: datetime | None = None  #: Only those that were created then or later.
    asker: str | None = None  #: A pattern like that of the title, for who asked.
    telling: Telling | None = None  #: Only jobs that have ended, and whose people stand so.


class JobsFound(NamedTuple):
    """The answer, and where the next question goes on; None if there is no more."""

    jobs: Sequence[Job]
    before: JobId | None
