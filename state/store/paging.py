"""One page of the job log from what a store finds, the same for both databases."""

import re
from collections.abc import Sequence

from jobs.changes import Bookmark
from jobs.job import COUNTED_JOBS, JOB_ID_LIMIT, Job, JobId
from jobs.lane import LaneKey
from jobs.listing import SCANNED_JOBS, JobPage, JobsAsked, JobsFound, PageAsked, Position, Section, Telling
from state.store.rows import OF_END, PURGED, UNWANTED

#: The columns of `bookmark_row`.
BOOKMARK = "lane, section, before, shown_section, shown_before, source_activity"

#: Where the section that follows `HERE` begins.
OTHERS = Position(Section.OTHERS, JobId(JOB_ID_LIMIT))


def goes_on(asked: PageAsked, position: Position, found: int) -> int:
    """Return how many jobs of other conversations to look for, after *found* jobs of a section."""
    return asked.size + 1 - found if position.section is Section.HERE and asked.tenant != asked.lane else 0


def further_sections(asked: PageAsked) -> set[Section]:
    """Return the sections after the first in which jobs are that the conversation may see."""
    return {Section.RUNNING} if asked.tenant == asked.lane else {Section.OTHERS, Section.RUNNING}


def page_of(
    asked: PageAsked,
    start: Position,
    jobs: Sequence[Job],
    others: Sequence[Job],
    *,
    total: int,
    bookmarked: bool,
) -> JobPage:
    """
    Return the page that begins at *start*.

    *jobs*, and *others* after them, are one more than a page shows, if there are so many. So is *total*, if
    it was counted: at most `COUNTED_JOBS` are.
    """
    found = [*jobs, *others]
    shown, end = found[: asked.size], start
    if shown:
        section = start.section if len(shown) <= len(jobs) else Section.OTHERS
        end = Position(section, shown[-1].id)
    beyond = is_counted(asked.lane, asked.tenant, start.section) and total > COUNTED_JOBS
    return JobPage(
        jobs=tuple(shown),
        total=COUNTED_JOBS if beyond else total,
        start=start,
        end=end,
        has_more=len(found) > asked.size,
        bookmarked=bookmarked,
        beyond_total=beyond,
    )


def like(pattern: str) -> str:
    """Return a pattern with ``*`` and ``?`` as one of SQL's LIKE, whose own signs are escaped."""
    plain = re.sub(r"[\\%_]", r"\\\g<0>", pattern)
    return plain.replace("*", "%").replace("?", "_")


_KEPT = f"SELECT 1 FROM notices AS n WHERE {OF_END}"  # noqa: S608
_DEAD = f"EXISTS ({_KEPT} AND n.dead_at IS NOT NULL)"

#: Conditions on `jobs AS j`.
_TELLING = {
    Telling.WAITING: f"EXISTS ({_KEPT} AND n.dead_at IS NULL)",
    Telling.TOLD: f"j.notice_seq > 0 AND NOT EXISTS ({_KEPT})",
    Telling.UNWANTED: f"j.notice_seq = {UNWANTED}",
    Telling.GIVEN_UP: f"(j.notice_seq = {PURGED} OR {_DEAD})",
}


def telling_condition(telling: Telling | None) -> str:
    """Return what follows a condition on `jobs AS j`: those whose people stand so."""
    return "" if telling is None else f" AND {_TELLING[telling]}"


def found_of(asked: JobsAsked, jobs: Sequence[Job], oldest: int | None, scanned: int) -> JobsFound:
    """Return the answer: *jobs* are one more than asked for, if there are, of *scanned* down to *oldest*."""
    shown = tuple(jobs[: asked.size])
    if len(jobs) > asked.size:
        return JobsFound(shown, shown[-1].id)
    return JobsFound(shown, JobId(oldest) if oldest is not None and scanned == SCANNED_JOBS else None)


def is_counted(lane: LaneKey, tenant: str | None, section: Section) -> bool:
    """Return whether the total is counted, because none is stored."""
    return section is Section.RUNNING or tenant == lane


def bookmark_row(change: Bookmark, end: Position) -> tuple[str, str, int, str, int, str | None]:
    """Return the columns `BOOKMARK` of a bookmark at *end*."""
    start = change.start or end
    return (
        change.lane,
        end.section.value,
        end.before,
        start.section.value,
        start.before,
        change.source_activity,
    )
