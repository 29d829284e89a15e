"""
The board's search: what is asked for as one text, which stands in the URL.

``state:failed told:no title:"nightly*" asker:ann since:2h``: all of it must fit. What has no name is a title.
"""

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from bot.commands import TITLE_LENGTH
from jobs.job import JobId, JobStatus
from jobs.listing import JobsAsked, Telling
from jobs.redelivery import LetterFilter
from text import one_line

#: Characters of a search.
LENGTH = 400

_TERM = re.compile(r'(?:(?P<name>[a-z]{1,20}):)?(?:"(?P<quoted>[^"]*)"|(?P<plain>\S+))')

_AGO = re.compile(r"(\d{1,4})([smhdw])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

_STATES: dict[str, frozenset[JobStatus]] = {
    **{status.value: frozenset({status}) for status in JobStatus},
    "ended": frozenset(status for status in JobStatus if status.is_final),
    "open": frozenset(status for status in JobStatus if not status.is_final),
}
_TELLING = {
    "no": Telling.WAITING,
    "waiting": Telling.WAITING,
    "yes": Telling.TOLD,
    "told": Telling.TOLD,
    "dead": Telling.GIVEN_UP,
    "never": Telling.GIVEN_UP,
    "unwanted": Telling.UNWANTED,
}


@dataclass(frozen=True)
class JobSearch:
    """What a search of jobs asks for, and what of it is not understood."""

    asked: JobsAsked
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class LetterSearch:
    """What a search of dead letters asks for, and what of it is not understood."""

    which: LetterFilter
    faults: list[str] = field(default_factory=list)


def search_jobs(text: str, *, size: int, before: JobId, now: datetime, with_titles: bool) -> JobSearch:
    """Return what *text* asks for, at most *size* jobs with numbers below *before*."""
    search = JobSearch(JobsAsked(size=size, before=before))
    for name, value in _terms(text):
        search = _with_term(search, name or "title", value, now, with_titles)
    return search


def _with_term(search: JobSearch, name: str, value: str, now: datetime, with_titles: bool) -> JobSearch:
    asked = search.asked
    match name:
        case "state" if value in _STATES:
            return replace(search, asked=asked._replace(statuses=asked.statuses | _STATES[value]))
        case "state":
            fault = f"state:{value}: write one of {', '.join(_STATES)}"
        case "told" if value in _TELLING:
            return replace(search, asked=asked._replace(telling=_TELLING[value]))
        case "told":
            fault = f"told:{value}: write one of no, yes, dead, unwanted"
        case "asker":
            return replace(search, asked=asked._replace(asker=_pattern(value)))
        case "title" if with_titles:
            return replace(search, asked=asked._replace(title=_pattern(value)))
        case "title":
            fault = "titles are hidden here, so they cannot be searched: see BOARD_SHOWS_TEXTS"
        case "since" if (since := _instant(value, now)) is not None:
            return replace(search, asked=asked._replace(since=since))
        case "since":
            fault = f"since:{value}: write such as since:2h, since:3d or since:2026-11-26T10:00"
        case _:
            fault = f"{name}: is not known: write state, told, title, asker or since"
    return replace(search, faults=[*search.faults, fault])


def search_letters(text: str) -> LetterSearch:
    """Return what *text* asks for: ``reason:403 kind:succeeded job:42 system:builds``."""
    search = LetterSearch(LetterFilter())
    for name, value in _terms(text):
        search = _with_letter_term(search, name or "reason", value)
    return search


def _with_letter_term(search: LetterSearch, name: str, value: str) -> LetterSearch:
    which = search.which
    match name:
        case "reason":
            return replace(search, which=which._replace(reason=one_line(value, 200)))
        case "kind":
            return replace(search, which=which._replace(kind=one_line(value, 40)))
        case "system":
            return replace(search, which=which._replace(job_system=one_line(value, 40)))
        case "job" if value.isascii() and value.isdecimal() and len(value) < 17:
            return replace(search, which=which._replace(job_id=JobId(int(value))))
        case _:
            fault = f"{name}:{value} is not understood: write reason, kind, job or system"
            return replace(search, faults=[*search.faults, fault])


def _terms(text: str) -> list[tuple[str | None, str]]:
    found = _TERM.finditer(one_line(text, LENGTH))
    return [(match["name"], match["quoted"] if match["plain"] is None else match["plain"]) for match in found]


def _pattern(value: str) -> str:
    """Return a pattern that fits anywhere, unless *value* is one."""
    value = one_line(value, TITLE_LENGTH)
    return value if set("*?") & set(value) else f"*{value}*"


def _instant(value: str, now: datetime) -> datetime | None:
    if match := _AGO.fullmatch(value):
        return now - timedelta(**{_UNITS[match[2]]: int(match[1])})
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
