"""What the use cases need of the rooms above: a store that commits, and a courier that delivers."""

from collections.abc import Sequence
from typing import Protocol

from jobs.changes import Change, Outcome
from jobs.job import JobId, JobPage, JobReport
from jobs.lane import Heard, LaneKey
from jobs.notice import Claim


class JobStore(Protocol):
    """The job log in a database. Every method raises `StoreUnavailable` if the database failed."""

    async def commit(self, changes: Sequence[Change]) -> list[Outcome]:
        """Make all *changes* in one transaction; return what each came to, in their order."""

    async def find(self, job_id: JobId) -> JobReport | None:
        """Return the job and what became of its notice, or None if there is none."""

    async def page(
        self,
        lane: LaneKey,
        *,
        size: int,
        more: bool,
        tenant: str | None = None,
        source_activity: str | None = None,
    ) -> JobPage:
        """
        Return *size* jobs, newest first: all jobs, or those of *tenant*.

        With *more*, those that follow where the conversation stopped reading; for the activity that made it
        stop there (*source_activity*), those that it was shown.
        """


class Courier(Protocol):
    """Delivers what was just committed, from memory."""

    def new_token(self) -> str | None:
        """Return a token for a lease of this courier's, or None while it holds as many lanes as it may."""

    def take(self, claim: Claim) -> None:
        """Deliver the notices of *claim*; returns at once."""

    def hear(self, heard: Heard) -> None:
        """Take note of a sign of life from a conversation; returns at once."""
