"""The documents of operators, as typed models: what the board shows, for programs."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from jobs.history import JobHistory
from jobs.job import JOB_ID_LIMIT, JobReport, JobStatus
from jobs.lane import LaneKey, channel_of, conversation_of, webhook_of
from jobs.operators import AuditEntry
from jobs.overview import WaitingLane
from jobs.redelivery import LetterAct, LetterRun, RunState
from web.api.dead_letters import Filter
from web.api.documents import Asked, Document
from web.board.pages import told_word
from web.board.steps import steps_of


class JobsListed(Asked):
    """The query of the list of jobs."""

    q: str = Field("", max_length=400, description='Such as state:failed told:no asker:ann title:"nightly*".')
    before: int = Field(JOB_ID_LIMIT, ge=1, le=JOB_ID_LIMIT, description="Below this number.")
    limit: int = Field(50, ge=1, le=200)


class PageListed(Asked):
    """The query of other lists."""

    limit: int = Field(100, ge=1, le=1_000)


class AuditListed(Asked):
    """The query of the record of acts."""

    before: int | None = Field(None, ge=1, le=JOB_ID_LIMIT, description="Before this entry.")
    limit: int = Field(100, ge=1, le=1_000)


class RunAsked(Filter):
    """An act over all dead letters that fit."""

    act: LetterAct


class QueueAsked(Asked):
    """A queue, by its key."""

    queue: str = Field(min_length=1, max_length=2_000, pattern=r"^[^\x00]*$")


class JobStanding(Document):
    """A job, and how people stand who are to be told. Without a title where texts are hidden."""

    job_id: int
    state: JobStatus
    told: str = Field(
        description="waiting, told, parked, dead, unwanted, nobody; empty while the job goes on."
    )
    title: str | None = None
    requested_by: str | None = None
    created_at: datetime
    finished_at: datetime | None = None


class JobsStanding(Document):
    """Jobs, the newest first."""

    jobs: list[JobStanding]
    before: int | None = Field(None, description="Where the list goes on; there may be no more jobs.")


class StepDocument(Document):
    """One thing that happened to a job, or that is next."""

    at: datetime | None = None
    said: str


class HistoryDocument(JobStanding):
    """All that is known of a job."""

    answer: str = Field(description="Why people were not told yet, and when next.")
    steps: list[StepDocument]


class QueueDocument(Document):
    """A queue in which notices wait."""

    queue: str = Field(description="Its key.")
    channel: str | None = None
    conversation: str | None = None
    job_system: str | None = None
    waiting: int
    due_at: datetime
    attempts: int = Field(description="Failed ones at the oldest notice.")
    job_id: int | None = Field(None, description="Of the oldest notice.")
    owed_at: datetime | None = None
    parked_at: datetime | None = None
    reason: str | None = None


class QueuesDocument(Document):
    """Queues, what is due first at first."""

    queues: list[QueueDocument]
    more: bool


class MutedDocument(Document):
    """A conversation that asked to hear nothing for a while."""

    channel: str
    conversation: str
    until: datetime
    waiting: int


class MutedConversations(Document):
    """Muted conversations, the one that hears next at first."""

    conversations: list[MutedDocument]
    more: bool


class SystemDocument(Document):
    """A job system that gets events."""

    name: str
    host: str | None
    waiting: int = Field(description="Jobs whose events wait, counted up to 10,001.")
    due_at: datetime | None = None
    reason: str | None = None


class SystemsDocument(Document):
    """Job systems."""

    systems: list[SystemDocument]


class RunDocument(Document):
    """An act over many dead letters."""

    run: int
    act: LetterAct
    which: str
    by: str
    state: RunState
    started_at: datetime
    looked_at: int
    changed: int


class RunsDocument(Document):
    """Acts over many, the newest first."""

    runs: list[RunDocument]


class ChangedDocument(Document):
    """Whether an act changed anything."""

    changed: bool


class EntryDocument(Document):
    """One act of an operator."""

    id: int
    at: datetime
    who: str
    way: str = Field(description="How they signed in.")
    act: str
    target: str
    changed: int = Field(description="How many it concerned.")


class AuditDocument(Document):
    """Acts, the newest first."""

    entries: list[EntryDocument]
    before: int | None = Field(None, description="Where the list goes on.")


Switch = Literal["stop", "continue"]


def standing(report: JobReport, *, with_title: bool) -> JobStanding:
    """Return how a job stands."""
    job = report.job
    return JobStanding(
        job_id=job.id,
        state=job.status,
        told=told_word(report),
        title=job.title if with_title else None,
        requested_by=job.requested_by,
        created_at=job.created_at,
        finished_at=job.finished_at,
    )


def history_document(history: JobHistory, answer: str, *, with_title: bool) -> HistoryDocument:
    """Return what happened to a job, and the *answer* to why people were not told yet."""
    return HistoryDocument(
        **standing(history.report, with_title=with_title).model_dump(),
        answer=answer,
        steps=[StepDocument(at=step.at, said=step.said) for step in steps_of(history)],
    )


def queue_document(lane: WaitingLane) -> QueueDocument:
    """Return how a queue stands."""
    system = webhook_of(lane.lane)
    return QueueDocument(
        queue=lane.lane,
        channel=None if system else channel_of(lane.lane),
        conversation=None if system else conversation_of(lane.lane),
        job_system=system,
        waiting=lane.waiting,
        due_at=lane.due_at,
        attempts=lane.attempts,
        job_id=lane.job_id,
        owed_at=lane.owed_at,
        parked_at=lane.parked_at,
        reason=lane.last_error,
    )


def muted_document(lane: LaneKey, until: datetime, waiting: int) -> MutedDocument:
    """Return a muted conversation."""
    return MutedDocument(
        channel=channel_of(lane), conversation=conversation_of(lane), until=until, waiting=waiting
    )


def run_document(run: LetterRun) -> RunDocument:
    """Return how an act over many stands."""
    return RunDocument(
        run=run.id,
        act=run.act,
        which=str(run.which),
        by=run.who,
        state=run.state,
        started_at=run.started_at,
        looked_at=run.looked_at,
        changed=run.changed,
    )


def entry_document(entry: AuditEntry) -> EntryDocument:
    """Return an act."""
    return EntryDocument(**entry._asdict())
