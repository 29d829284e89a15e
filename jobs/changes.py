"""
What a turn may decide, and what each decision came to once it is committed.

| change | outcome |
| --- | --- |
| StartJob | the `Job`; for a resent activity, the job that the first one started |
| BeginJob | the `JobStatus` that the job has now; None for an unknown job |
| FinishJob | a `Finished` |
| OweNotice | an `Owed` |
| WelcomeMembers | the ids that had not been welcomed yet |
| ForgetMembers | None |
| ParkLane | None |
| DeferLane | None |
| Bookmark | None |

What every turn makes is a NamedTuple: as fixed as a frozen dataclass, and made in half the time (+4.5 % per
event with dataclasses here and in notice.py, by callgrind).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NamedTuple

from jobs.job import Job, JobId, JobStatus
from jobs.lane import LaneKey
from jobs.notice import Claim, NoticeKind


class StartJob(NamedTuple):
    """Add a running job to the log, once per ``(lane, source_activity)``."""

    lane: LaneKey
    tenant: str
    title: str | None
    requested_by: str | None
    reference: str  #: JSON of the conversation reference to tell.
    service_url: str  #: Where the conversation was heard from, in the form that is stored.
    source_activity: str | None  #: Id of the activity that asked; None is never taken for a repeat.
    requester_id: str | None = None  #: The user's id in the channel.
    status: JobStatus = JobStatus.RUNNING  #: Or queued, until a job system says that it has begun.


class BeginJob(NamedTuple):
    """Note that a queued job runs now; a job that runs already, or has ended, stays as it is."""

    job_id: JobId


class FinishJob(NamedTuple):
    """
    End a job and put its notice into the outbox, both or neither.

    With a *token* an idle lane is leased to the caller, who then delivers at once; without, the lane is
    left due for any worker.
    """

    job_id: JobId
    source: str | None  #: Idempotency key of the report. A repeat of it is told the same again.
    token: str | None
    status: JobStatus = JobStatus.SUCCEEDED  #: A final one.
    body: str | None = None  #: JSON of what the notice says beside that.


class ReportResult(Enum):
    """What became of a report on a job, such as a `FinishJob`."""

    ACCEPTED = "accepted"
    REPEATED = "repeated"  #: This very report ended the job before; nothing changed now.
    ALREADY_FINISHED = "already finished"
    UNKNOWN_JOB = "unknown job"


class Finished(NamedTuple):
    """What a `FinishJob` came to, and the lane if it is now ours to deliver."""

    result: ReportResult
    claim: Claim | None = None


class OweNotice(NamedTuple):
    """Put a notice into the lane of a job beside the one that its end brings. *token* as in `FinishJob`."""

    job_id: JobId
    kind: NoticeKind
    body: str | None
    token: str | None


class Owed(NamedTuple):
    """What an `OweNotice` came to: nothing for an unknown job, and the lane if it is now ours to deliver."""

    known: bool
    claim: Claim | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class WelcomeMembers:
    """Remember that these members were welcomed to the conversation."""

    lane: LaneKey
    members: Sequence[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class ForgetMembers:
    """Forget members who left, so that they are welcome again."""

    lane: LaneKey
    members: Sequence[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class ParkLane:
    """Keep the conversation's notices until it is heard from again; whoever holds the lane loses it."""

    lane: LaneKey
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DeferLane:
    """
    Send nothing to the conversation before *until*; None lets it go on at once.

    What comes to be owed meanwhile waits in the lane. A message that is under way is not called back.
    """

    lane: LaneKey
    until: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Bookmark:
    """
    Remember how far a conversation has read the job log; *before* None is back at the newest job.

    With *shown_before* and *source_activity* the page just shown is read again for the same activity.
    """

    lane: LaneKey
    before: JobId | None
    shown_before: JobId | None = None
    source_activity: str | None = None


Change = (
    StartJob
    | BeginJob
    | FinishJob
    | OweNotice
    | WelcomeMembers
    | ForgetMembers
    | ParkLane
    | DeferLane
    | Bookmark
)
Outcome = Job | JobStatus | Finished | Owed | tuple[str, ...] | None
