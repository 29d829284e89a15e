"""
The columns of each value, in order, and the conversion from a row to the value, for both databases.

A row is a sequence of plain values. Instants are microseconds since the epoch.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from instants import instant
from jobs.job import Job, JobId, JobStatus
from jobs.lane import GROUPS, UNATTENDED, LaneKey, ParkedLane
from jobs.notice import Claim, DeadLetter, DestinationKind, Notice, NoticeKind
from jobs.preferences import NO_PREFERENCES, Held, load_preferences
from state.owed_replies import reference_of_reply
from state.references import shortened

#: Maximum notices in a claim; the rest of a backlog stays in the database.
NOTICES_PER_CLAIM = 100

#: The columns of `job_of`, from `jobs AS j`.
JOB = (
    "j.id, j.lane, j.tenant, j.title, j.requested_by, j.requester_id, j.status, j.created_at, j.completed_at,"
    " j.message_id, j.report, j.webhook,"
    f" CASE WHEN j.lane = '{UNATTENDED}' THEN j.source_activity END AS external_id,"
    " j.labels, j.told_at, j.cancel_asked_at, j.cancel_asked_by, j.start_by, j.heard_by, j.finish_by,"
    " j.overdue"
)
JOB_WIDTH = 21

#: The columns of `notice_of`, from `notices AS n JOIN jobs AS j`. Only the notice with `n.first` gets the
#: reference, or in a group each, since somebody else may have asked: databases read long values only if a
#: statement uses them.
NOTICE = (
    f"n.seq, n.job_id, j.title, j.tenant, CASE WHEN n.first OR n.lane LIKE '{GROUPS}'"
    " THEN j.reference ELSE '' END, n.created_at, n.kind, n.body, j.webhook, j.finish_by, j.start_trace,"
    " n.trace"
)

#: What `make_notice` takes of a job, by the names of its columns.
JOB_OF_NOTICE = ("title", "tenant", "reference", "webhook", "finish_by", "start_trace")

#: The columns of `dead_letter_of`, from the same.
DEAD_LETTER = (
    "n.lane, n.seq, n.job_id, j.title, n.created_at, n.dead_at, n.attempts, n.status, n.last_error, n.kind"
)

#: Whether the notice `n` is that about the end of the job `j`: places alone may come again.
OF_END = "n.lane = j.lane AND n.seq = j.notice_seq AND n.job_id = j.id"

#: How many notices wait in the lane `l`: places in it may be empty.
WAITING = "(SELECT count(*) FROM notices AS n WHERE n.lane = l.lane AND n.seq > l.head)"

#: The columns of `parked_lane_of`, from `lanes AS l`.
PARKED = f"l.lane, l.parked_at, {WAITING}, l.due_at, l.last_error"

#: The columns of `held_of`, from `lanes AS l`.
HELD = f"{WAITING}, l.not_before, l.preferences"

#: The columns of a `ClaimedLane`, from `lanes AS l`.
CLAIMED = (
    "l.attempts, l.waited, l.service_url, l.pace, l.kind, l.first_attempt_at, l.unknowns, l.parked_at,"
    " l.probes, l.preferences"
)
CLAIMED_WIDTH = 10
PLACE_OF_ADDRESS = 2


def claimed_anew(service_url: str | None) -> tuple[Any, ...]:
    """Return the columns `CLAIMED` of a conversation's lane that has no row yet."""
    return (0, 0, service_url, None, DestinationKind.CONVERSATION.value, None, 0, None, 0, None)


#: Stored names of statuses; migration 0002 explains why one of them differs.
STORED_STATUS = {
    JobStatus.QUEUED: "queued",
    JobStatus.RUNNING: "running",
    JobStatus.SUCCEEDED: "completed",
    JobStatus.FAILED: "failed",
    JobStatus.CANCELLED: "cancelled",
}
_STATUS = {stored: status for status, stored in STORED_STATUS.items()}
_NOTICE_KIND = {kind.value: kind for kind in NoticeKind}
_DESTINATION = {kind.value: kind for kind in DestinationKind}

#: An SQL list of the statuses that are not final.
UNFINISHED = "('queued', 'running')"

#: The kind of notice for each final status.
NOTICE_OF_STATUS = {
    JobStatus.SUCCEEDED: NoticeKind.SUCCEEDED,
    JobStatus.FAILED: NoticeKind.FAILED,
    JobStatus.CANCELLED: NoticeKind.CANCELLED,
}


def job_of(row: Sequence[Any]) -> Job:
    """Return the job in the columns `JOB`."""
    job_id, lane, tenant, title, requested_by, requester_id, status, created_at, finished_at, *rest = row
    message_id, report, webhook, external_id, labels, told_at, cancel_asked_at, cancel_asked_by, *by = rest
    start_by, heard_by, finish_by, overdue = by
    return Job(
        JobId(job_id),
        LaneKey(lane),
        tenant,
        title,
        requested_by,
        requester_id,
        _STATUS[status],
        instant(created_at),
        maybe(finished_at),
        message_id,
        report,
        webhook,
        external_id,
        labels,
        maybe(told_at),
        maybe(cancel_asked_at),
        cancel_asked_by,
        maybe(start_by),
        maybe(heard_by),
        maybe(finish_by),
        overdue,
    )


def status_of(stored: str) -> JobStatus:
    """Return the status that is stored under this name."""
    return _STATUS[stored]


def maybe(stored: int | None) -> datetime | None:
    """Return the instant that is stored, if one is."""
    return None if stored is None else instant(stored)


def notice_of(row: Sequence[Any]) -> Notice:
    """Return the notice in the columns `NOTICE`."""
    seq, job_id, title, tenant, reference, created_at, kind, body, webhook, finish_by, start, trace = row
    job = (title, tenant, reference, webhook, finish_by, start)
    return make_notice(seq, JobId(job_id), job, created_at, _NOTICE_KIND[kind], body, trace)


def make_notice(
    seq: int,
    job_id: JobId,
    job: Sequence[Any],
    created_at: int,
    kind: NoticeKind,
    body: str | None,
    trace: str | None,
) -> Notice:
    """Return a notice; *job* has what `JOB_OF_NOTICE` names."""
    title, tenant, reference, webhook, finish_by, start_trace = job
    if kind.has_its_text:  # It may be for another conversation than the job's.
        reference = reference_of_reply(body)
    return Notice(
        seq,
        job_id,
        title,
        tenant,
        shortened(reference),
        instant(created_at),
        kind,
        body,
        webhook,
        maybe(finish_by),
        start_trace,
        trace,
    )


def dead_letter_of(row: Sequence[Any]) -> DeadLetter:
    """Return the dead letter in the columns `DEAD_LETTER`."""
    lane, seq, job_id, title, created_at, dead_at, attempts, status, error, kind = row
    return DeadLetter(
        lane=LaneKey(lane),
        seq=seq,
        job_id=JobId(job_id),
        title=title,
        created_at=instant(created_at),
        dead_at=instant(dead_at),
        attempts=attempts,
        status=status,
        error=error,
        kind=_NOTICE_KIND[kind],
    )


def held_of(row: Sequence[Any] | None) -> Held:
    """Return what waits in the lane with the columns `HELD`; None stands for a lane that there is not."""
    if row is None:
        return Held(0, None, NO_PREFERENCES)
    notices, not_before, preferences = row
    return Held(notices, maybe(not_before), load_preferences(preferences))


def parked_lane_of(row: Sequence[Any]) -> ParkedLane:
    """Return the parked lane in the columns `PARKED`."""
    lane, parked_at, waiting, due_at, reason = row
    return ParkedLane(
        lane=LaneKey(lane),
        parked_at=instant(parked_at),
        waiting=waiting,
        probe_at=instant(due_at) if waiting and due_at is not None else None,
        reason=reason,
    )


def claim_of(
    lane: str, token: str, leased_until: int, notices: Sequence[Notice], claimed: Sequence[Any], *, now: int
) -> Claim:
    """Return the claim on *lane* until *leased_until*, made *now*, with the columns `CLAIMED`."""
    attempts, waited, service_url, pace, kind, first_attempt_at, unknowns, parked_at, probes, prefers = (
        claimed
    )
    return Claim(
        LaneKey(lane),
        token,
        instant(leased_until),
        notices,
        attempts,
        waited,
        service_url,
        pace,
        _DESTINATION[kind],
        timedelta(microseconds=0 if first_attempt_at is None else max(0, now - first_attempt_at)),
        unknowns,
        parked_at is not None,
        probes,
        prefers,
    )


#: What stands for the place of a notice that was purged as a dead letter, and of one that nobody wanted.
PURGED, UNWANTED = 0, -1
