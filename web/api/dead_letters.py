"""The documents about dead letters, as typed models."""

from datetime import datetime

from pydantic import Field, StrictBool

from jobs.job import JOB_ID_LIMIT, JobId
from jobs.lane import webhook_of
from jobs.notice import DeadLetter
from jobs.redelivery import LetterFilter
from web.api.documents import Asked, Document


class Filter(Asked):
    """Which dead letters; all of what is given must fit."""

    reason: str | None = Field(None, max_length=200, description="A part of it; case does not matter.")
    kind: str | None = Field(None, max_length=40, description="Such as succeeded, or job.created.")
    job_id: int | None = Field(None, ge=1, le=JOB_ID_LIMIT)
    job_system: str | None = Field(None, max_length=40, description="The one whose events they are.")

    @property
    def which(self) -> LetterFilter:
        """The same as a value."""
        job_id = None if self.job_id is None else JobId(self.job_id)
        return LetterFilter(self.reason, self.kind, job_id, self.job_system)


class Act(Filter):
    """What to requeue or purge. Unless `dryRun` is false, nothing is changed."""

    dry_run: StrictBool = True


class Listed(Filter):
    """The query of a list."""

    limit: int = Field(100, ge=1, le=1_000)


class LetterDocument(Document):
    """A dead letter."""

    job_id: int
    kind: str
    title: str | None = None
    job_system: str | None = None
    created_at: datetime
    dead_at: datetime
    attempts: int
    status: int | None = Field(None, description="The HTTP status of the last attempt.")
    reason: str


class LettersDocument(Document):
    """Dead letters, the oldest first."""

    letters: list[LetterDocument]
    more: bool = Field(description="Whether there are more than these.")


class ActDocument(Document):
    """What an act comes to: what fits by reason, and how many were changed."""

    matched: int
    by_reason: dict[str, int]
    changed: int
    more: bool = Field(description="Whether to ask again: so many are changed at a time.")


def letter_document(letter: DeadLetter, *, with_title: bool) -> LetterDocument:
    """Return what the API says of a dead letter."""
    return LetterDocument(
        job_id=letter.job_id,
        kind=letter.kind.value,
        title=letter.title if with_title else None,
        job_system=webhook_of(letter.lane),
        created_at=letter.created_at,
        dead_at=letter.dead_at,
        attempts=letter.attempts,
        status=letter.status,
        reason=letter.error,
    )
