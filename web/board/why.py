"""One sentence each: are people being told, and why was one not told yet? Pure functions."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from jobs.attempts import SENT
from jobs.history import JobHistory, LaneView
from jobs.job import JobStatus, NoticeStatus
from jobs.lane import UNATTENDED, webhook_of
from jobs.overview import Counts, Minute

_STATES = {
    JobStatus.QUEUED: "waits for its job system to begin",
    JobStatus.RUNNING: "is running",
}


_NO_WRITES = (
    "The database takes no writes now, so reports are refused and nothing is sent. All goes on by itself"
    " when it takes them again."
)


def why(history: JobHistory, *, host_rests: timedelta = timedelta(), takes_writes: bool = True) -> str:
    """
    Return the sentence about a job.

    *host_rests* is how long this process sends nothing to the conversation's service, since it failed again
    and again; *takes_writes* is whether the database does.
    """
    said = _said(history, host_rests)
    notice = history.report.notice
    waits = notice is None or notice.status in (NoticeStatus.QUEUED, NoticeStatus.PARKED)
    return said if takes_writes or not waits else f"{_NO_WRITES} Before that: {said}"


def _said(history: JobHistory, host_rests: timedelta) -> str:
    report, lane = history.report, history.lane
    job, notice = report.job, report.notice
    if not job.status.is_final:
        return _not_ended(history)
    if job.lane == UNATTENDED or notice is None:
        return "Nobody is to be told: no chat asked for this job."
    match notice.status:
        case NoticeStatus.SENT:
            return _told(history)
        case NoticeStatus.FAILED:
            return _given_up(history)
        case NoticeStatus.UNWANTED:
            return "People were not told: they chose not to hear of such ends."
        case NoticeStatus.PARKED if lane is not None:
            return _parked(lane)
        case NoticeStatus.QUEUED if lane is not None:
            return _queued(history, lane, host_rests)
        case _:
            return "People are about to be told."


def _not_ended(history: JobHistory) -> str:
    job = history.report.job
    said = f"Nobody is to be told yet: the job {_STATES[job.status]}, since {at(job.created_at)}"
    if job.cancel_asked_at is not None:
        said += f"; {job.cancel_asked_by} wanted it to be cancelled at {at(job.cancel_asked_at)}"
    if job.overdue:
        said += "; people were told that it is overdue"
    return said + "." + _not_heard(history)


def _not_heard(history: JobHistory) -> str:
    """Return that the job system does not take what it is to hear of the job, if that is so."""
    events = [attempt for attempt in history.attempts if webhook_of(attempt.lane) is not None]
    if not events or events[-1].outcome == SENT:
        return ""
    last = events[-1]
    marks = " ".join(str(mark) for mark in (last.outcome, last.status, last.code) if mark)
    following = "" if last.next_at is None else f" The next attempt is at {at(last.next_at)}."
    return (
        f" The job system {webhook_of(last.lane)} does not take what it is to hear of it:"
        f" the last attempt, at {at(last.at)}, failed with “{marks}”.{following}"
    )


def _told(history: JobHistory) -> str:
    job = history.report.job
    own = [attempt for attempt in history.attempts if attempt.lane == job.lane]
    told_at = own[-1].at if own and own[-1].outcome == SENT else job.told_at
    failures = sum(attempt.outcome != SENT for attempt in own)
    tried = f", after {_times(failures)} that failed" if failures else ""
    if told_at is not None:
        return f"People were told at {at(told_at)}{tried}."
    ended = "" if job.finished_at is None else f" The job ended at {at(job.finished_at)}."
    return f"People were told, at the first attempt.{ended}"


def _given_up(history: JobHistory) -> str:
    dead = history.dead
    if dead is None:
        return "People will never be told: an operator deleted the dead letter."
    return (
        f"People will not be told: it was given up at {at(dead.dead_at)} after {_times(dead.attempts)},"
        f" because of “{dead.error}”. Requeue it when that is mended."
    )


def _parked(lane: LaneView) -> str:
    reason = f" The channel said “{lane.last_error}”." if lane.last_error else ""
    following = "" if lane.due_at is None else f", and one attempt is made at {at(lane.due_at)}"
    return (
        f"People cannot be told now.{reason} They are told when they write to the bot or install it again"
        f"{following}."
    )


def _queued(history: JobHistory, lane: LaneView, host_rests: timedelta) -> str:
    ahead = history.ahead
    behind = f" {_notices(ahead)} of the conversation go first or with it." if ahead else ""
    now = history.now
    if lane.not_before is not None and lane.not_before > now:
        said = f"People asked to hear nothing before {at(lane.not_before)}; it goes then."
    elif lane.held and lane.due_at is not None and lane.due_at > now:
        said = f"People there have quiet hours until {at(lane.due_at)}; it goes then."
    elif lane.leased and lane.due_at is not None and lane.due_at > now:
        said = "It is being sent now, or waits for its turn under the channel's limits."
    elif lane.attempts and lane.due_at is not None and lane.due_at > now:
        said = (
            f"{_times(lane.attempts).capitalize()} failed, the last with “{lane.last_error}”."
            f" The next attempt is at {at(lane.due_at)}, in {span(lane.due_at - now)}."
        )
    elif lane.due_at is not None and lane.due_at > now:
        until = at(lane.due_at)
        said = f"The conversation had as many messages as its channel allows; it goes at {until}."
    elif lane.due_at is not None:
        said = f"It is due since {at(lane.due_at)} and waits for a worker to be free: is one running?"
    else:
        said = "It is about to be queued."
    if host_rests:
        rests = span(host_rests)
        said += f" The channel's service failed again and again, so nothing is sent to it for {rests}."
    return said + behind


#: Minutes that are looked at for whether attempts fail; what is due, or tried in vain, for so long is late.
_RECENT, _LATE, _LATE_IF_TRIED = timedelta(minutes=6), timedelta(seconds=30), timedelta(minutes=2)


def are_told(counts: Counts, minutes: Sequence[Minute], *, takes_writes: bool = True) -> str:
    """
    Return whether people are being told, by what is due and by what was delivered in the last minutes.

    *takes_writes* is whether the database does.
    """
    if not takes_writes:
        return f"No. {_NO_WRITES}"
    recent = [minute for minute in minutes if minute.at > counts.now - _RECENT]
    sent, failed = sum(each.sent for each in recent), sum(each.failed for each in recent)
    late = timedelta() if counts.due_since is None else counts.now - counts.due_since
    if failed > sent:
        said = f"No: in the last minutes {failed} attempts failed, and {_notices(sent).lower()} arrived."
    elif counts.due_since is not None and late > _LATE:
        said = f"Late: a notice is due since {at(counts.due_since)}, for {span(late)}."
    elif counts.tried_since is not None and counts.now - counts.tried_since > _LATE_IF_TRIED:
        tried = span(counts.now - counts.tried_since)
        said = f"Late: a conversation could not be told since {at(counts.tried_since)}, for {tried}."
    elif counts.waiting:
        said = "Yes: nothing is late."
    else:
        said = "Yes: nothing waits."
    if counts.dead:
        said += " There are dead letters, which nobody was told of."
    return said


def _times(attempts: int) -> str:
    return "one attempt" if attempts == 1 else f"{attempts} attempts"


def _notices(count: int) -> str:
    return "One notice" if count == 1 else f"{count} notices"


def at(instant: datetime) -> str:
    """Return an instant in UTC, to the second."""
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC"


def span(duration: timedelta) -> str:
    """Return a duration in its two greatest units."""
    seconds = max(1, round(duration.total_seconds()))
    parts = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2])
