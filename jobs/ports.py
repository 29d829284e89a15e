"""The ports of the use cases: a store that commits, and a courier that delivers."""

from collections.abc import Sequence
from typing import Protocol

from jobs.changes import Change, Outcome
from jobs.job import JobId, JobPage, JobReport
from jobs.lane import Heard, LaneKey
from jobs.notice import Claim


class JobStore(Protocol):
    """The job log in a database. Every method raises `StoreUnavailable` if the database failed."""

    async def commit(self, changes: Sequence[Change]) -> list[Outcome]:
        """Make all *changes* in one transaction; return their outcomes in the same order."""

    async def find(self, job_id: JobId) -> JobReport | None:
        """Return the job and the state of its notice, or None if there is no such job."""

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

        With *more*, the jobs after the conversation's bookmark. The activity that set the bookmark
        (*source_activity*) gets the same page again.
        """


class Courier(Protocol):
    """Delivers notices right after their commit, without reading them back from the store."""

    def new_token(self) -> str | None:
        """Return a token for a lease, or None while the courier holds its maximum number of lanes."""

    def take(self, claim: Claim) -> None:
        """Deliver the notices of *claim*; returns at once."""

    def hear(self, heard: Heard) -> None:
        """Record a sign of life from a conversation; returns at once."""
