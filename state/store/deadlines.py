"""What both stores keep of a job's deadlines, in the same way."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import orjson

from instants import instant
from jobs.deadlines import NO_DEADLINES, Clock, Deadlines, Instants, next_look, passed
from jobs.job import JobId, JobStatus
from jobs.lane import UNATTENDED
from jobs.notice import NoticeKind
from state.store.rows import status_of

_MICROSECOND = timedelta(microseconds=1)

#: The columns that a new job's deadlines take, in the order of `kept_deadlines`.
KEPT = "start_by, heard_every, heard_by, finish_by, check_at"

#: The columns of a `Watched`, from `jobs`.
WATCHED = "id, lane, status, webhook, created_at, heard_every, start_by, heard_by, finish_by, overdue"

_NONE_KEPT = (None,) * 5

#: Jobs whose deadlines one look tells.
TOLD_TOGETHER = 50

_NOTICE = {
    Clock.START: NoticeKind.NOT_BEGUN,
    Clock.HEARD: NoticeKind.NOT_HEARD_OF,
    Clock.FINISH: NoticeKind.NOT_ENDED,
}


def kept_deadlines(deadlines: Deadlines, status: JobStatus, now: int) -> tuple[int | None, ...]:
    """Return the columns `KEPT` of a job that is created *now*."""
    if deadlines == NO_DEADLINES:  # Nearly all have: +1.5 % per `run` without this, by callgrind.
        return _NONE_KEPT
    start, every, finish = (None if each is None else each // _MICROSECOND for each in deadlines)
    heard_by = now + every if every is not None and status is JobStatus.RUNNING else None
    by = Instants(_after(now, start), heard_by, _after(now, finish))
    return by.start_by, every, by.heard_by, by.finish_by, next_look(status, by, "")


class Watched(NamedTuple):
    """A job that has deadlines."""

    id: JobId
    lane: str
    status: JobStatus
    webhook: str | None
    created_at: int
    heard_every: int | None
    by: Instants
    overdue: str

    def after_report(self, deadlines: Deadlines, now: int) -> tuple[int | None, ...]:
        """Return the columns `KEPT` of a job that is heard of *now*, and runs."""
        every = self.heard_every if deadlines.heard_every is None else deadlines.heard_every // _MICROSECOND
        finish = deadlines.finish_within
        finish_by = self.by.finish_by if finish is None else now + finish // _MICROSECOND
        by = Instants(self.by.start_by, _after(now, every), finish_by)
        return by.start_by, every, by.heard_by, finish_by, next_look(JobStatus.RUNNING, by, self.overdue)

    def passed(self, now: int) -> list[Clock]:
        """Return the deadlines that have passed and are to be told."""
        return passed(self.status, self.by, self.overdue, now)

    def after_telling(self, clocks: Sequence[Clock]) -> tuple[str, int | None]:
        """Return `overdue` and `check_at` of a job of which *clocks* were told."""
        told = self.overdue + "".join(clock.value for clock in clocks)
        return told, next_look(self.status, self.by, told)

    def notice(self, clock: Clock) -> tuple[NoticeKind, str]:
        """Return kind and body of the notice that tells of *clock*."""
        within = {
            Clock.START: (self.by.start_by or 0) - self.created_at,
            Clock.HEARD: self.heard_every or 0,
            Clock.FINISH: (self.by.finish_by or 0) - self.created_at,
        }
        return _NOTICE[clock], orjson.dumps({"within": within[clock] / 1_000_000}).decode()

    @property
    def attended(self) -> bool:
        """Whether there is a conversation to tell."""
        return self.lane != UNATTENDED


def watched_of(row: Sequence[Any]) -> Watched:
    """Return the job in the columns `WATCHED`."""
    job_id, lane, status, webhook, created_at, every, start_by, heard_by, finish_by, overdue = row
    by = Instants(start_by, heard_by, finish_by)
    return Watched(JobId(job_id), lane, status_of(status), webhook, created_at, every, by, overdue)


def _after(now: int, wait: int | None) -> int | None:
    return None if wait is None else now + wait


def shown_deadlines(deadlines: Deadlines, status: JobStatus, now: int) -> dict[str, Any]:
    """Return the fields of a `Job` that is created *now* with *deadlines*."""
    if deadlines == NO_DEADLINES:
        return {}
    start_by, _, heard_by, finish_by, _ = kept_deadlines(deadlines, status, now)
    kept = {"start_by": start_by, "heard_by": heard_by, "finish_by": finish_by}
    return {name: instant(at) for name, at in kept.items() if at is not None}
