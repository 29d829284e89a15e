"""What the rooms above may ask of a database. Both stores implement it; it is documented here only."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from jobs.job import JobId
from jobs.lane import Heard
from jobs.notice import Claim, DeadLetter
from jobs.ports import JobStore
from state.store.documents import DocumentStore


class Outbox(Protocol):
    """
    The notices that are owed, by lane.

    What settles a claim (`sent`, `dead`, `retry`, `park`, `release`) raises `LeaseLost` if the lane is no
    longer ours, and then changes nothing; it stores the claim's `pace` with the lane.
    """

    async def claim(self, limit: int) -> list[Claim]:
        """Lease at most *limit* lanes that are due, longest due first."""

    async def renew(self, claims: Sequence[Claim]) -> set[str]:
        """Hold the lanes for another lease from now; return the tokens of those that are still ours."""

    async def sent(
        self, claim: Claim, through: int, message_ids: Mapping[JobId, str] | None = None
    ) -> Claim | None:
        """
        Settle the notices up to seq *through* as sent; keep *message_ids* with their jobs.

        Returns the claim on those that came in behind, held for another lease, or None: the lane is empty or
        deferred, and no longer ours.
        """

    async def dead(self, claim: Claim, through: int, *, status: int | None, error: str) -> Claim | None:
        """Settle the notices up to seq *through* as dead letters; otherwise like `sent`."""

    async def retry(self, claim: Claim, after: timedelta, error: str) -> None:
        """Give the lane back after a failed attempt; it is due again *after* from now."""

    async def park(self, claim: Claim, reason: str) -> None:
        """Keep what waits in the lane until its conversation is heard from."""

    async def release(self, claim: Claim, after: timedelta = timedelta()) -> None:
        """Give the lane back untried; it is due *after* from now."""

    async def hear(self, heard: Sequence[Heard]) -> bool:
        """
        Note where conversations are heard from, and open the parked lanes of those that speak.

        Returns whether anything changed, such as a parked lane that is due now.
        """


class DeadLetterStore(Protocol):
    """The notices that were given up on, for an operator."""

    async def dead_letters(self, *, limit: int, after: DeadLetter | None = None) -> list[DeadLetter]:
        """Return at most *limit* dead letters, longest dead first, from the one behind *after* on."""

    async def dead_letter(self, job_id: JobId) -> DeadLetter | None:
        """Return the dead letter of a job's end, if there is one."""

    async def requeue(self, job_id: JobId) -> bool:
        """Owe a job's dead letter anew, behind what waits in its lane; return whether there was one."""

    async def purge(self, before: datetime) -> int:
        """Forget the dead letters that died before *before*; return how many."""


class Store(JobStore, Outbox, DeadLetterStore, DocumentStore, Protocol):
    """
    The job log, the outbox and a bot's own documents in one database.

    Every method raises `StoreUnavailable` if the database failed. Nothing was stored then, unless the
    connection to a server broke meanwhile: asking again is safe either way.
    """

    async def check(self) -> None:
        """Ask the database for a sign of life."""
