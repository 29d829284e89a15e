"""
The changes that a turn may commit, and the outcome of each.

| change | outcome |
| --- | --- |
| StartJob | the `Job`; for a resent activity, the job that it started the first time |
| BeginJob | the `JobStatus` of the job afterwards; None for an unknown job |
| AskCancel | the same |
| FinishJob | a `Finished` |
| OweNotice | an `Owed` |
| OweReply | an `Owed` |
| WelcomeMembers | the ids of members who were not welcomed before |
| ForgetMembers | None |
| ParkLane | None |
| DeferLane | None |
| SetPreferences | None |
| Bookmark | None |

Changes of every turn are NamedTuples: immutable like a frozen dataclass, and created in half the time (+4.5 %
per event with dataclasses here and in notice.py, by callgrind).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, NamedTuple

from jobs.deadlines import NO_DEADLINES, Deadlines
from jobs.job import Job, JobId, JobStatus
from jobs.lane import LaneKey
from jobs.listing import Position
from jobs.notice import Claim, NoticeKind


class StartJob(NamedTuple):
    """Add a running job to the log, once per ``(lane, source_activity)``."""

    lane: LaneKey
    tenant: str
    title: str | None
    requested_by: str | None
    reference: str  #: JSON of the conversation reference that notices go to; its address in the stored form.
    source_activity: str | None  #: Key of the activity that asked; None never counts as a repeat. Of an
    #: unattended job: its `external_id`.
    requester_id: str | None = None  #: The user's id in the channel.
    status: JobStatus = JobStatus.RUNNING  #: Or queued, until a job system reports that it has begun.
    webhook: str | None = None  #: The job system that hears of the job.
    announced: bool = True  #: Whether it hears that the job was created.
    labels: str | None = None  #: JSON of an object of texts.
    deadlines: Deadlines = NO_DEADLINES
    trace: str | None = None  #: Of what makes the change, as `jobs.tracing` writes it.


class BeginJob(NamedTuple):
    """Set a queued job to running, and keep the *report* that says so; a finished job is not changed."""

    job_id: JobId
    report: str | None = None  #: JSON of a `ReportContent`; None keeps the one before.
    deadlines: Deadlines = NO_DEADLINES  #: What it sets anew.


class AskCancel(NamedTuple):
    """Record that somebody wants an unfinished job to be cancelled, once, and tell its job system."""

    job_id: JobId
    asked_by: str
    trace: str | None = None


class FinishJob(NamedTuple):
    """
    End a job and put its notice into the outbox, in one transaction. An unattended job has none.

    With a *token* an idle lane is leased to the caller, who then delivers at once; without one, the lane is
    due for any worker.
    """

    job_id: JobId
    source: str | None  #: Idempotency key of the report; a repeat gets the same outcome.
    token: str | None
    status: JobStatus = JobStatus.SUCCEEDED  #: A final one.
    body: str | None = None  #: JSON of a `ReportContent`, for the notice, and kept with the job.
    trace: str | None = None


class ReportResult(Enum):
    """The outcome of a report on a job, such as a `FinishJob`."""

    ACCEPTED = "accepted"
    REPEATED = "repeated"  #: The same report has already ended the job; nothing changed.
    ALREADY_FINISHED = "already finished"
    UNKNOWN_JOB = "unknown job"


class Finished(NamedTuple):
    """The outcome of a `FinishJob`, and the claim if the lane was leased to the caller."""

    result: ReportResult
    claim: Claim | None = None


class OweNotice(NamedTuple):
    """
    Put a notice into a job's lane, in addition to the one about its end. *token* as in `FinishJob`.

    That a job was started is not owed once it has ended: the notice about its end tells its number.
    """

    job_id: JobId
    kind: NoticeKind
    body: str | None
    token: str | None
    after: timedelta = timedelta()  #: An idle lane is due after this time; then it is not leased.
    trace: str | None = None


class OweReply(NamedTuple):
    """Put a reply about a job into the lane of a conversation, not always that of the job."""

    job_id: JobId
    lane: LaneKey
    service_url: str  #: The conversation's service URL, in the stored form.
    body: str  #: As `state.owed_replies` writes it.
    token: str | None
    after: timedelta = timedelta()  #: As in `OweNotice`.
    kind: NoticeKind = NoticeKind.REPLY  #: One that has its text.
    trace: str | None = None


class Owed(NamedTuple):
    """The outcome: whether the job exists, and the claim if the caller got the lane."""

    known: bool
    claim: Claim | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class WelcomeMembers:
    """Record that these members were welcomed to the conversation."""

    lane: LaneKey
    members: Sequence[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class ForgetMembers:
    """Forget members who left, so that they are welcomed again when they return."""

    lane: LaneKey
    members: Sequence[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class ParkLane:
    """Keep the conversation's notices until its next sign of life; a lease on the lane ends."""

    lane: LaneKey
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DeferLane:
    """
    Send nothing to the conversation before *until*; None ends the deferral.

    Notices that become owed meanwhile wait in the lane. A message that is being sent is not stopped.
    """

    lane: LaneKey
    until: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class SetPreferences:
    """
    Change what a conversation wants to be told. Notices that its quiet hours hold are looked at again.

    Of two changes at once none is lost, unless both set the same.
    """

    lane: LaneKey
    changes: Mapping[str, Any]  #: As `jobs.preferences` writes them; None takes a setting back.


@dataclass(frozen=True, kw_only=True, slots=True)
class Bookmark:
    """
    Record how far a conversation has read the job log; *end* None means back at the beginning.

    With *start*, where its latest page began, *source_activity* gets the same page again.
    """

    lane: LaneKey
    end: Position | None
    start: Position | None = None
    source_activity: str | None = None


Change = (
    StartJob
    | BeginJob
    | AskCancel
    | FinishJob
    | OweNotice
    | OweReply
    | WelcomeMembers
    | ForgetMembers
    | ParkLane
    | DeferLane
    | SetPreferences
    | Bookmark
)
Outcome = Job | JobStatus | Finished | Owed | tuple[str, ...] | None
