"""The ports of the use cases: a store that commits, and a courier that delivers."""

from collections.abc import Collection, Sequence
from typing import Protocol

from jobs.changes import Change, Outcome
from jobs.job import JobId, JobReport
from jobs.lane import Heard, LaneKey
from jobs.listing import JobPage, JobsAsked, JobsFound, PageAsked
from jobs.live import LiveMessage
from jobs.notice import Claim
from jobs.preferences import Held
from jobs.watching import Watch


class JobStore(Protocol):
    """The job log in a database. Every method raises `StoreUnavailable` if the database failed."""

    async def commit(self, changes: Sequence[Change]) -> list[Outcome]:
        """Make all *changes* in one transaction; return their outcomes in the same order."""

    async def find(self, job_id: JobId) -> JobReport | None:
        """Return the job and the state of its notice, or None if there is no such job."""

    async def find_external(self, external_id: str) -> JobId | None:
        """Return the number of the unattended job with this id of the job system."""

    async def list_jobs(self, asked: JobsAsked) -> JobsFound:
        """Return the jobs that are asked for, the newest first, among the next `SCANNED_JOBS`."""

    async def page(self, asked: PageAsked) -> JobPage:
        """
        Return the jobs that are asked for: the first page of a view, or what follows the bookmark.

        Without a bookmark, the conversation has seen at most the first page of the jobs here first.
        """

    async def numbers(self, asked: PageAsked) -> set[JobId]:
        """Return the numbers of the newest jobs in the view, `size` of each section, and of running ones."""

    async def keep_live(self, message: LiveMessage) -> None:
        """Remember a message that shows its job, to be updated when that changes."""

    async def differing(self, job_ids: Collection[JobId]) -> set[JobId]:
        """Return those of these jobs whose messages show something else, and will be updated."""

    async def held(self, lane: LaneKey) -> Held:
        """Return how many notices wait for a conversation, and what it has set."""

    async def watch(self, wanted: Watch) -> bool:
        """Keep a watch, or leave the same one as it is; return whether there was room for it."""

    async def unwatch(self, lane: LaneKey, target: str | None) -> int:
        """Forget one watch of a conversation, or with None all; return how many there were."""

    async def watches(self, lane: LaneKey) -> list[Watch]:
        """Return what a conversation watches, the oldest first."""


class Courier(Protocol):
    """Delivers notices right after their commit, without reading them back from the store."""

    def new_token(self) -> str | None:
        """Return a token for a lease, or None while the courier holds its maximum number of lanes."""

    def take(self, claim: Claim) -> None:
        """Deliver the notices of *claim*; returns at once."""

    def look(self) -> None:
        """Look for what is due in the store soon; returns at once."""

    def hear(self, heard: Heard) -> None:
        """Record a sign of life from a conversation; returns at once."""


class SignsOfLife(Protocol):
    """Notes that job systems are alive."""

    def note(self, webhook: str | None) -> None:
        """Note a report of the job system *webhook*, or of one that is not known; returns at once."""
