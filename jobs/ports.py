"""The ports of the use cases: a store that commits, and a courier that delivers."""

from collections.abc import Sequence
from typing import Protocol

from jobs.changes import Change, Outcome
from jobs.job import JobId, JobReport
from jobs.lane import Heard
from jobs.listing import JobPage, PageAsked
from jobs.notice import Claim


class JobStore(Protocol):
    """The job log in a database. Every method raises `StoreUnavailable` if the database failed."""

    async def commit(self, changes: Sequence[Change]) -> list[Outcome]:
        """Make all *changes* in one transaction; return their outcomes in the same order."""

    async def find(self, job_id: JobId) -> JobReport | None:
        """Return the job and the state of its notice, or None if there is no such job."""

    async def page(self, asked: PageAsked) -> JobPage:
        """
        Return the jobs that are asked for: the first page of a view, or what follows the bookmark.

        Without a bookmark, the conversation has seen at most the first page of the jobs here first.
        """


class Courier(Protocol):
    """Delivers notices right after their commit, without reading them back from the store."""

    def new_token(self) -> str | None:
        """Return a token for a lease, or None while the courier holds its maximum number of lanes."""

    def take(self, claim: Claim) -> None:
        """Deliver the notices of *claim*; returns at once."""

    def hear(self, heard: Heard) -> None:
        """Record a sign of life from a conversation; returns at once."""
