"""The store on SQLite, whole: opens the database and runs what the ports ask for."""

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from sqlite3 import Cursor

from instants import micros
from jobs.changes import (
    Bookmark,
    Change,
    CompleteJob,
    Completion,
    ForgetMembers,
    Outcome,
    ParkLane,
    StartJob,
    WelcomeMembers,
)
from jobs.job import Job, JobId, JobPage, JobReport
from jobs.lane import Heard, LaneKey
from jobs.notice import Claim, DeadLetter
from state.store.documents import Document, DocumentChange
from state.store.sqlite import (
    claiming,
    completing,
    conversations,
    dead_letters,
    documents,
    reading,
    settling,
    starting,
)
from state.store.sqlite.group_commit import GroupCommit
from state.store.sqlite.settling import GivenBack


class SqliteStore:
    """
    The job log and the outbox in one SQLite database.

    Times come from *clock*, never from SQL, so that a test can say what time it is. Any method raises
    `StoreUnavailable` if the database failed, and then stored nothing.
    """

    def __init__(self, group: GroupCommit, *, lease: timedelta, clock: Callable[[], datetime]) -> None:
        """Work through *group*; a lane is leased for *lease* at a time."""
        self._group = group
        self._lease = lease // timedelta(microseconds=1)
        self._clock = clock

    async def check(self) -> None:
        """Ask the database for a sign of life."""
        await self._group.read(lambda cursor: cursor.execute("SELECT 1").fetchone())

    async def commit(self, changes: Sequence[Change]) -> list[Outcome]:
        """Make all *changes* in one transaction; return what each came to, in their order."""
        match changes:
            case [StartJob() as change]:
                return [await self._group.write_alike(self._start, change)]
            case [CompleteJob() as change]:
                return [await self._group.write_alike(self._complete, change)]
        return await self._group.write(lambda cursor: [self._apply(cursor, change) for change in changes])

    async def find(self, job_id: JobId) -> JobReport | None:
        """Return the job and what became of its notice, or None if there is none."""
        return await self._group.read(lambda cursor: reading.find_job(cursor, job_id))

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
        Return *size* jobs, newest first, all or those of *tenant*.

        With *more*, those that follow where the lane stopped reading; for the activity that made it stop
        there, those that it was shown.
        """
        return await self._group.read(
            lambda cursor: reading.page_of_jobs(
                cursor, lane, size=size, more=more, tenant=tenant, source_activity=source_activity
            )
        )

    async def claim(self, limit: int) -> list[Claim]:
        """Lease at most *limit* lanes that are due, longest due first."""
        tokens = [new_token() for _ in range(limit)]
        return await self._group.write(
            lambda cursor: claiming.claim_lanes(cursor, tokens, self._now(), self._lease)
        )

    async def renew(self, claims: Sequence[Claim]) -> set[str]:
        """Hold the lanes for another lease from now; return the tokens of those that are still ours."""
        return await self._group.write(
            lambda cursor: claiming.renew_leases(cursor, claims, self._now() + self._lease)
        )

    async def sent(self, claim: Claim, through: int) -> Claim | None:
        """
        Settle the notices up to seq *through* as sent.

        Returns the claim on those that came in behind, held for another lease, or None: the lane is idle
        and no longer ours. Raises `LeaseLost`.
        """
        return await self._group.write_alike(self._settle, (claim, through))

    async def dead(self, claim: Claim, through: int, *, status: int | None, error: str) -> Claim | None:
        """Settle the notices up to seq *through* as dead letters; otherwise like `sent`."""

        def settle(cursor: Cursor) -> Claim | None:
            now = self._now()
            return settling.settle_dead(
                cursor, claim, through, status=status, error=error, now=now, until=now + self._lease
            )

        return await self._group.write(settle)

    async def retry(self, claim: Claim, after: timedelta, error: str) -> None:
        """Give the lane back after a failed attempt; it is due again *after* from now. Raises `LeaseLost`."""
        due_at = micros(self._clock() + after)
        await self._give_back(GivenBack(claim=claim, due_at=due_at, failed=True, error=error))

    async def park(self, claim: Claim, reason: str) -> None:
        """Keep what waits in the lane until its conversation is heard from. Raises `LeaseLost`."""
        await self._give_back(GivenBack(claim=claim, parked_at=self._now(), error=reason))

    async def release(self, claim: Claim, after: timedelta = timedelta()) -> None:
        """Give the lane back untried; it is due *after* from now. Raises `LeaseLost`."""
        await self._give_back(GivenBack(claim=claim, due_at=micros(self._clock() + after)))

    async def hear(self, heard: Sequence[Heard]) -> bool:
        """Note where conversations are heard from, open lanes of those that speak; return if any changed."""
        changed = await self._group.read(
            lambda cursor: conversations.changed_by_hearing(cursor, heard, self._now())
        )
        if changed:
            await self._group.write(lambda cursor: conversations.hear(cursor, changed, self._now()))
        return bool(changed)

    async def dead_letters(self, *, limit: int, after: DeadLetter | None = None) -> list[DeadLetter]:
        """Return at most *limit* dead letters, longest dead first, from the one behind *after* on."""
        return await self._group.read(
            lambda cursor: dead_letters.list_dead_letters(cursor, limit=limit, after=after)
        )

    async def dead_letter(self, job_id: JobId) -> DeadLetter | None:
        """Return the dead letter of a job, if there is one."""
        return await self._group.read(lambda cursor: dead_letters.find_dead_letter(cursor, job_id))

    async def requeue(self, job_id: JobId) -> bool:
        """Owe a job's dead letter anew, behind what waits in its lane; return whether there was one."""
        return await self._group.write(
            lambda cursor: dead_letters.requeue_dead_letter(cursor, job_id, self._now())
        )

    async def purge(self, before: datetime) -> int:
        """Forget the dead letters that died before *before*; return how many."""
        return await self._group.write(lambda cursor: dead_letters.purge_dead_letters(cursor, micros(before)))

    async def read_documents(self, keys: Collection[str]) -> Mapping[str, Document]:
        """Return those of the documents that exist, by key."""
        return await self._group.read(lambda cursor: documents.read_documents(cursor, keys))

    async def write_documents(self, changes: Sequence[DocumentChange]) -> None:
        """Make all *changes*, or none and raise `ETagConflict`."""
        await self._group.write(lambda cursor: documents.write_documents(cursor, changes))

    async def delete_documents(self, keys: Collection[str]) -> None:
        """Forget those of the documents that exist."""
        await self._group.write(lambda cursor: documents.delete_documents(cursor, keys))

    async def _give_back(self, given: GivenBack) -> None:
        await self._group.write_alike(settling.give_back, given)

    def _now(self) -> int:
        return micros(self._clock())

    def _start(self, cursor: Cursor, changes: Sequence[StartJob]) -> list[Job]:
        return starting.start_jobs(cursor, changes, self._now())

    def _complete(self, cursor: Cursor, changes: Sequence[CompleteJob]) -> list[Completion]:
        return completing.complete_jobs(cursor, changes, self._now(), self._lease)

    def _settle(self, cursor: Cursor, sent: Sequence[tuple[Claim, int]]) -> list[Claim | None]:
        return settling.settle_sent(cursor, sent, self._now() + self._lease)

    def _apply(self, cursor: Cursor, change: Change) -> Outcome:
        match change:
            case StartJob():
                return self._start(cursor, [change])[0]
            case CompleteJob():
                return self._complete(cursor, [change])[0]
            case WelcomeMembers():
                return conversations.welcome_members(cursor, change)
            case ForgetMembers():
                conversations.forget_members(cursor, change)
            case ParkLane():
                conversations.park_lane(cursor, change, self._now())
            case Bookmark():
                conversations.set_bookmark(cursor, change)
        return None


def new_token() -> str:
    """Return a lease's token: unlike any other, and of no meaning."""
    return secrets.token_hex(8)
