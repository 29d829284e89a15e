"""The history of a job as a list: from the turn to the message that told of its end. Pure functions."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from jobs.attempts import SENT, Attempt
from jobs.history import JobHistory
from jobs.job import JobStatus, NoticeStatus
from jobs.lane import UNATTENDED, webhook_of
from web.board.why import at, span


class Step(NamedTuple):
    """One thing that happened, or that is next."""

    at: datetime | None  #: None if that is not known.
    said: str
    name: str = "plain"  #: A class: plain, good, bad or next.


def steps_of(history: JobHistory) -> list[Step]:
    """Return what happened to a job, the oldest first; what is next comes last."""
    known = [step for step in _past(history) if step.at is not None]
    unknown = [step for step in _past(history) if step.at is None]
    return [*sorted(known, key=_instant), *unknown, *_next(history)]


def _instant(step: Step) -> datetime:
    if step.at is None:
        raise ValueError("a step without an instant has no place")
    return step.at


def _past(history: JobHistory) -> Iterator[Step]:
    job = history.report.job
    by = f" by {job.requested_by}" if job.requested_by else ""
    asked = "created by a job system" if job.lane == UNATTENDED else f"asked for{by} in a chat"
    yield Step(job.created_at, f"The job was {asked}.")
    if job.cancel_asked_at is not None:
        yield Step(job.cancel_asked_at, f"{job.cancel_asked_by} asked that it be cancelled.")
    if job.finished_at is not None:
        name = "bad" if job.status is JobStatus.FAILED else "plain"
        yield Step(job.finished_at, f"A report said: {job.status.value}.", name)
    for attempt in history.attempts:
        yield _attempt(attempt)
    for act in history.acts:
        yield Step(act.at, f"{act.who} acted on the board or by jobctl: {act.act}.")
    if history.dead is not None:
        yield Step(history.dead.dead_at, f"Given up: {history.dead.error}", "bad")
    notice = history.report.notice
    sent = any(each.outcome == SENT and webhook_of(each.lane) is None for each in history.attempts)
    if notice is not None and notice.status is NoticeStatus.SENT and not sent:
        yield Step(job.told_at, "People were told, at the first attempt.", "good")


def _attempt(attempt: Attempt) -> Step:
    system = webhook_of(attempt.lane)
    whom = "People were" if system is None else f"The job system {system} was"
    if attempt.outcome == SENT:
        return Step(attempt.at, f"{whom} told.", "good")
    marks = " ".join(str(mark) for mark in (attempt.status, attempt.code) if mark)
    said = f"{whom} not told: {attempt.outcome}" + (f" ({marks})" if marks else "")
    if attempt.retry_after is not None:
        said += f"; the answer asked to wait {span(attempt.retry_after)}"
    if attempt.next_at is not None:
        said += f"; next attempt at {at(attempt.next_at)}"
    return Step(attempt.at, said + ".", "bad")


def _next(history: JobHistory) -> Iterator[Step]:
    report, lane = history.report, history.lane
    if report.notice is None or lane is None or lane.due_at is None:
        return
    if report.notice.status in (NoticeStatus.QUEUED, NoticeStatus.PARKED) and lane.due_at > history.now:
        said = "A worker holds the conversation until then." if lane.leased else "The next attempt."
        yield Step(lane.due_at, said, "next")
