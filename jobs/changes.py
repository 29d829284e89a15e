"""
What a turn may decide, and what each decision came to once it is committed.

| change | outcome |
| --- | --- |
| StartJob | the `Job`; for a resent activity, the job that the first one started |
| CompleteJob | a `Completion` |
| WelcomeMembers | the ids that had not been welcomed yet |
| ForgetMembers | None |
| ParkLane | None |
| Bookmark | None |

What every turn makes is a NamedTuple: as fixed as a frozen dataclass, and made in half the time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from jobs.job import Job, JobId
from jobs.lane import LaneKey
from jobs.notice import Claim


class StartJob(NamedTuple):
    """Add a running job to the log, once per ``(lane, source_activity)``."""

    lane: LaneKey
    tenant: str
    title: str | None
    requested_by: str | None
    reference: str  #: JSON of the conversation reference to tell.
    service_url: str  #: Where the conversation was heard from, in the form that is stored.
    source_activity: str | None  #: Id of the activity that asked; None is never taken for a repeat.


class CompleteJob(NamedTuple):
    """
    Complete a running job and put its notice into the outbox, both or neither.

    With a *token* an idle lane is leased to the caller, who then delivers at once; without, the lane is
    left due for any worker.
    """

    job_id: JobId
    source: str | None  #: Who says so, an idempotency key. A repeat of it is told the same again.
    token: str | None


class CompletionResult(Enum):
    """What a `CompleteJob` came to."""

    COMPLETED = "completed"
    REPEATED = "repeated"  #: This very activity completed it before; nothing changed now.
    ALREADY_COMPLETED = "already completed"
    UNKNOWN_JOB = "unknown job"


class Completion(NamedTuple):
    """What a `CompleteJob` came to, and the lane if it is now ours to deliver."""

    result: CompletionResult
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
class Bookmark:
    """
    Remember how far a conversation has read the job log; *before* None is back at the newest job.

    With *shown_before* and *source_activity* the page just shown is read again for the same activity.
    """

    lane: LaneKey
    before: JobId | None
    shown_before: JobId | None = None
    source_activity: str | None = None


Change = StartJob | CompleteJob | WelcomeMembers | ForgetMembers | ParkLane | Bookmark
Outcome = Job | Completion | tuple[str, ...] | None
