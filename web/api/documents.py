"""The JSON documents of the API, as typed models; the API's description is made from them."""

from datetime import datetime
from typing import Annotated, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from bot.commands import TITLE_LENGTH
from jobs.deadlines import Clock
from jobs.job import JobReport, JobStatus, NoticeReport, NoticeStatus
from jobs.reports import ReportContent, load_content

EXTERNAL_ID_LENGTH = 200  #: Characters.
LABELS, LABEL_LENGTH = 20, 100  #: Labels of one job, and characters of a name or a value.

_Label = Annotated[str, StringConstraints(min_length=1, max_length=LABEL_LENGTH)]

ClockName = Literal["start", "heard", "finish"]
_CLOCK_NAMES: dict[Clock, ClockName] = {
    Clock.START: "start",
    Clock.HEARD: "heard",
    Clock.FINISH: "finish",
}

_Seconds = Annotated[float, Field(ge=1, le=10**8)] | None

NoticeState = Literal["queued", "held", "delivered", "parked", "dead", "unwanted"]

#: What became of the notice about a job's end, in the words of `notice.…` events.
_NOTICE_STATES: dict[NoticeStatus, NoticeState] = {
    NoticeStatus.QUEUED: "queued",
    NoticeStatus.SENT: "delivered",
    NoticeStatus.PARKED: "parked",
    NoticeStatus.FAILED: "dead",
    NoticeStatus.UNWANTED: "unwanted",
}


class Document(BaseModel):
    """What is answered."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class Asked(Document):
    """What comes from outside: nothing that is not known is ignored in silence."""

    model_config = ConfigDict(extra="forbid", validate_by_name=False, validate_by_alias=True)


class NoticeDocument(Document):
    """What became of the notice that tells people how the job ended."""

    state: NoticeState
    attempts: int = Field(0, description="Failed attempts so far.")
    retry_at: datetime | None = Field(None, description="When the next attempt is due, after a failed one.")
    delivered_at: datetime | None = Field(None, description="Known for jobs of which a job system hears.")
    reason: str | None = Field(None, description="Why it is not delivered, for operators.")


class ReceiptDocument(Document):
    """What became of a report."""

    job_id: int
    state: JobStatus
    cancel_requested: bool = Field(False, description="Whether somebody wants the job to be cancelled.")
    notices: list[NoticeDocument]


class ReportAddress(Document):
    """Where to report on one job, with a token that is good for that alone."""

    url: str
    token: str | None = Field(None, description="None where programs on the same machine need none.")


class JobDocument(ReceiptDocument):
    """A job."""

    title: str | None = None
    external_id: str | None = None
    labels: dict[str, str] = {}
    requested_by: str | None = None
    created_at: datetime
    finished_at: datetime | None = None
    cancel_requested_by: str | None = None
    start_by: datetime | None = None
    heard_by: datetime | None = None
    finish_by: datetime | None = None
    overdue: list[ClockName] = Field([], description="What was told to be overdue.")
    report: ReportContent = Field(description="The latest report.")
    report_to: ReportAddress | None = Field(None, description="In the answer to whoever creates the job.")


class JobsDocument(Document):
    """Jobs, the newest first."""

    jobs: list[JobDocument]
    next: str | None = Field(None, description="Where the list goes on; there may be no more jobs.")


class NewJob(Asked):
    """A job that no chat started."""

    title: Annotated[str, StringConstraints(strip_whitespace=True, max_length=TITLE_LENGTH)] | None = None
    external_id: str | None = Field(
        None,
        min_length=1,
        max_length=EXTERNAL_ID_LENGTH,
        pattern=r"^[^\x00-\x1f\x7f]*$",  # No control characters: PostgreSQL refuses some.
        description="The job system's own id: the same one again names the same job.",
    )
    labels: dict[_Label, _Label] = Field({}, max_length=LABELS)
    start_within: _Seconds = Field(None, description="People are told when it has not begun by then.")
    heard_every: _Seconds = Field(None, description="They are told when nothing is heard for so long.")
    finish_within: _Seconds = Field(None, description="They are told when it has not ended by then.")


class CancelRequest(Asked):
    """A wish that a job be cancelled."""

    asked_by: Annotated[str, StringConstraints(min_length=1, max_length=100)] = "an operator"


def job_document(report: JobReport, report_to: dict[str, str] | None = None) -> JobDocument:
    """Return what the API says of a job."""
    job = report.job
    return JobDocument(
        **receipt(report).model_dump(),
        title=job.title,
        external_id=job.external_id,
        labels=orjson.loads(job.labels) if job.labels else {},
        requested_by=job.requested_by,
        created_at=job.created_at,
        finished_at=job.finished_at,
        cancel_requested_by=job.cancel_asked_by,
        start_by=job.start_by,
        heard_by=job.heard_by,
        finish_by=job.finish_by,
        overdue=[name for clock, name in _CLOCK_NAMES.items() if clock.value in job.overdue],
        report=load_content(job.report),
        report_to=ReportAddress(**report_to) if report_to else None,
    )


def receipt(report: JobReport) -> ReceiptDocument:
    """Return what became of a report on this job."""
    job, notice = report.job, report.notice
    notices = []
    if notice is not None:
        notices.append(
            NoticeDocument(
                state=_state_of(notice),
                attempts=notice.attempts,
                retry_at=notice.retry_at,
                delivered_at=job.told_at,
                reason=notice.last_error,
            )
        )
    return ReceiptDocument(
        job_id=job.id, state=job.status, cancel_requested=job.cancel_asked_at is not None, notices=notices
    )


def _state_of(notice: NoticeReport) -> NoticeState:
    # Without an attempt there is an instant only if the conversation is held: muted, in its quiet hours, or
    # at its rate limit.
    held = notice.status is NoticeStatus.QUEUED and notice.retry_at is not None and not notice.attempts
    return "held" if held else _NOTICE_STATES[notice.status]


def is_over(report: JobReport) -> bool:
    """Return whether the job has ended and nobody is still to be told."""
    return report.job.status.is_final and all(
        notice.state in ("delivered", "dead", "unwanted") for notice in receipt(report).notices
    )


def as_json(document: BaseModel) -> str:
    """Return *document* as JSON; what is not known is left out."""
    return document.model_dump_json(by_alias=True, exclude_none=True)
