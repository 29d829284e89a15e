"""The store port. Both stores implement it; its methods are documented only here."""

from collections.abc import Callable, Collection, Mapping, Sequence, Set
from datetime import datetime, timedelta
from typing import Protocol

from jobs.attempts import Failure
from jobs.changes import OweReply
from jobs.job import Job, JobId, JobStatus
from jobs.lane import Heard, LaneKey, ParkedLane
from jobs.live import LiveMessage
from jobs.notice import Claim, DeadLetter, LetterPlace, Notice, NoticeKind
from jobs.ports import JobStore
from state.store.documents import DocumentStore
from state.store.levels import Watched
from state.store.operators.store import OperatorStore
from state.store.receipts import ReceiptStore
from state.store.retention import Retention
from state.store.watching import EndWatched


class Outbox(Protocol):
    """
    The notices that are owed, by lane.

    The methods that settle a claim (`sent`, `dead`, `retry`, `park`, `release`, `hold_back`) store the
    claim's `pace` with the lane if they give it back. They raise `LeaseLost` and change nothing if the lease
    was lost.
    """

    async def claim(self, limit: int) -> list[Claim]:
        """Lease at most *limit* due lanes, longest due first."""

    async def renew(self, claims: Sequence[Claim]) -> set[str]:
        """Renew the leases from now; return the tokens of the leases that were not lost."""

    async def sent(
        self,
        claim: Claim,
        through: int,
        message_ids: Mapping[JobId, str] | None = None,
        *,
        wanted: bool = True,
    ) -> Claim | None:
        """
        Settle the notices up to seq *through* as sent, or as unwanted; keep *message_ids* with their jobs.

        Returns a claim, with a new lease, on the notices after them; None if the lane is empty or deferred,
        and the lease has been given up.
        """

    async def dead(
        self, claim: Claim, through: int, *, status: int | None, error: str, failure: Failure | None = None
    ) -> Claim | None:
        """Like `sent`, but settle the notices as dead letters; *failure* is kept for operators."""

    async def retry(
        self,
        claim: Claim,
        after: timedelta,
        error: str,
        *,
        unknown: bool = False,
        failure: Failure | None = None,
    ) -> None:
        """
        Give the lane back after a failed attempt; it is due again *after* from now.

        *unknown* means that the message may have arrived. *failure* is kept for operators.
        """

    async def park(
        self, claim: Claim, reason: str, *, unknown: bool = False, failure: Failure | None = None
    ) -> None:
        """
        Keep the lane's notices after a failed attempt, until the next sign of life of its conversation.

        The lane is due for a probe after hours, and after longer each time it is parked by a probe. If a
        probe's message is settled as sent, the lane is open again.
        """

    async def release(self, claim: Claim, after: timedelta = timedelta()) -> None:
        """Give the lane back without an attempt; it is due *after* from now."""

    async def hold_back(self, claim: Claim, passes: Set[NoticeKind], after: timedelta) -> Claim | None:
        """
        Put notices that do not pass behind the others of the lane; keep the order of each kind.

        Returns the claim on the lane as it is then; None if nothing in it passes, and the lane has been given
        back. Then it is due *after* from now, or at once when a notice that passes becomes owed.
        """

    async def outcomes_before(self, lane: LaneKey, notices: Sequence[Notice]) -> list[JobStatus | None]:
        """
        Return for each notice how the job before its own ended, of those with its title in the conversation.

        None if there is none among the latest ones, or its job has no title.
        """

    async def hear(self, heard: Sequence[Heard]) -> bool:
        """
        Store the service URLs of these conversations, and open the parked lanes of those that speak.

        Returns whether anything changed; then a parked lane may be due now.
        """

    async def parked(self, *, limit: int, after: ParkedLane | None = None) -> list[ParkedLane]:
        """Return at most *limit* parked lanes, longest parked first, starting after *after*."""

    async def tell_overdue(self) -> int:
        """
        Owe what has to be told of jobs whose deadlines have passed, each deadline once.

        Returns of how many jobs. If those are `state.store.deadlines.TOLD_TOGETHER`, there may be more.
        """

    async def ended_watched(self) -> list[EndWatched]:
        """
        Return jobs that have ended and whose watchers are to be told, the oldest first.

        If those are `state.store.watching.TOLD_TOGETHER`, there may be more.
        """

    async def tell_watchers(self, job_id: JobId, replies: Sequence[OweReply]) -> bool:
        """
        Owe *replies* to the watchers of an ended job; return whether that was still to be done.

        Watches of this job alone end with it.
        """

    async def drain(self, webhook: str) -> int:
        """
        Make the events for a job system due that wait for another attempt.

        Returns in how many lanes. If those are `state.store.webhooks.DRAINED_TOGETHER`, there may be more.
        """


class LiveMessageStore(Protocol):
    """Messages that show jobs, and are updated."""

    async def keep_live(self, message: LiveMessage) -> None:
        """Remember a message that shows its job."""

    async def claim_live(self, job_ids: Collection[JobId] | None) -> list[LiveMessage]:
        """
        Lease messages that show something else than their jobs and may be updated now.

        With None, those of all jobs.

        At most `state.store.live.CLAIMED_TOGETHER`.
        """

    async def differing(self, job_ids: Collection[JobId]) -> set[JobId]:
        """Return those of these jobs whose messages show something else."""

    async def shown(self, job: Job, message_id: str) -> None:
        """Record that the message, now with this id, shows *job*; it is forgotten if the job has ended."""

    async def put_off_live(self, job_id: JobId, after: timedelta) -> None:
        """Record a failed attempt; the next is due *after* from now."""

    async def forget_live(self, job_id: JobId) -> None:
        """Update the message of a job no more."""


class DeadLetterStore(Protocol):
    """The notices given up on, for an operator."""

    async def dead_letters(
        self, *, limit: int, after: DeadLetter | LetterPlace | None = None
    ) -> list[DeadLetter]:
        """Return at most *limit* dead letters, oldest first, starting after *after*."""

    async def dead_letter(self, job_id: JobId) -> DeadLetter | None:
        """Return the dead letter about the end of a job, if there is one."""

    async def requeue(self, job_id: JobId) -> bool:
        """Put a job's dead letter back at the end of its lane; return whether there was one."""

    async def requeue_letters(self, letters: Sequence[DeadLetter]) -> int:
        """Put these dead letters back at the ends of their lanes; return how many there were."""

    async def purge_letters(self, letters: Sequence[DeadLetter]) -> int:
        """Delete these dead letters; return how many there were."""

    async def purge(self, before: datetime) -> int:
        """Delete the dead letters that died before *before*; return how many."""


class Store(
    JobStore, Outbox, LiveMessageStore, DeadLetterStore, DocumentStore, ReceiptStore, Watched, Protocol
):
    """
    The job log, the outbox and a bot's own documents in one database.

    Every method raises `StoreUnavailable` if the database failed. Then nothing was stored, unless the
    connection to a server broke; a retry is safe in both cases.
    """

    #: The clock to compare instants of claims with. It runs with the monotonic clock.
    clock: Callable[[], datetime]

    operators: OperatorStore
    retention: Retention

    async def check(self) -> None:
        """Raise `StoreUnavailable` unless the database takes a write, as a turn needs it to."""
