"""
Three clocks of a job: by when it must begin, how often it must be heard of, and by when it must end.

Each is told once, when it has passed; the job may still go on and end. A store keeps, beside the instants,
the next one at which it has to look.
"""

from collections.abc import Iterable
from datetime import timedelta
from enum import Enum
from typing import NamedTuple

from jobs.job import JobStatus


class Clock(Enum):
    """A clock of a job; the value stands for it in the store."""

    START = "s"
    HEARD = "h"
    FINISH = "f"


class Deadlines(NamedTuple):
    """How long each may take; None: for ever."""

    start_within: timedelta | None = None  #: From the job's creation.
    heard_every: timedelta | None = None  #: From its begin, and from each report.
    finish_within: timedelta | None = None  #: From when this is said.


NO_DEADLINES = Deadlines()


class Instants(NamedTuple):
    """When each clock passes, in microseconds since the epoch."""

    start_by: int | None
    heard_by: int | None
    finish_by: int | None


def passed(status: JobStatus, by: Instants, told: str, now: int) -> list[Clock]:
    """Return the clocks of an unfinished job that have passed and are not in *told*."""
    return [clock for clock, at in _running(status, by, told) if at <= now]


def next_look(status: JobStatus, by: Instants, told: str) -> int | None:
    """Return when the first of the clocks that are not in *told* passes; None if none does."""
    return min((at for _, at in _running(status, by, told)), default=None)


def _running(status: JobStatus, by: Instants, told: str) -> Iterable[tuple[Clock, int]]:
    if status.is_final:
        return
    clocks = [(Clock.FINISH, by.finish_by)]
    if status is JobStatus.QUEUED:
        clocks.append((Clock.START, by.start_by))
    else:
        clocks.append((Clock.HEARD, by.heard_by))
    for clock, at in clocks:
        if at is not None and clock.value not in told:
            yield clock, at
