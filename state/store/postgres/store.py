"""The store on PostgreSQL, whole: what the ports ask for, batched where it is hot."""

import secrets
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from instants import micros
from jobs.changes import Change, CompleteJob, Outcome, StartJob
from jobs.job import JobId, JobPage, JobReport
from jobs.lane import Heard, LaneKey
from jobs.notice import Claim, DeadLetter
from state.errors import StateError
from state.store.documents import Document, DocumentChange
from state.store.postgres import dead_letters, documents
from state.store.postgres.batches import Batches
from state.store.postgres.claiming import claim_lanes, renew_leases
from state.store.postgres.completing import complete_jobs
from state.store.postgres.conversations import hear
from state.store.postgres.database import Connection, Database
from state.store.postgres.reading import PageAsked, find_jobs, pages_of_jobs
from state.store.postgres.settling import Dead, GivenBack, Sent, give_back, settle_dead, settle_sent
from state.store.postgres.starting import start_jobs
from state.store.postgres.times import Timekeeper, Times
from state.store.postgres.transaction import make_change, make_changes

Q = TypeVar("Q")
A = TypeVar("A")


class PostgresStore:
    """
    The job log and the outbox in one PostgreSQL database, shared by any number of replicas.

    Every hot operation is one statement and thereby its own transaction: no lock is held over a round trip,
    so a replica that freezes holds nobody up.

    Any method raises `StoreUnavailable` if the database failed. If the connection broke meanwhile, nobody
    knows whether the change was stored. Asking again is safe: what an activity starts or completes counts
    once, and settling is fenced by the claim's token, so this store asks again by itself for a while.
    """

    def __init__(self, database: Database, timekeeper: Timekeeper) -> None:
        """Work on *database*; *timekeeper* says for how long a lane is leased."""
        self._database = database
        self._timekeeper = timekeeper
        self._open: list[Batches[Any, Any]] = []
        self._patience = timekeeper.lease / 3  # Past the lease others may have the lane.
        self._starts = self._batches(start_jobs, "start", flights=2)
        self._completions = self._batches(complete_jobs, "complete", flights=2)
        self._finds = self._batches(find_jobs, "find")
        self._pages = self._batches(pages_of_jobs, "list")
        self._sent = self._batches(settle_sent, "settle", flights=2, patience=self._patience)
        self._dead = self._batches(settle_dead, "give up", patience=self._patience)
        self._given_back = self._batches(give_back, "give back", patience=self._patience)

    async def close(self) -> None:
        """Finish what was asked for."""
        for batches in self._open:
            await batches.close()

    async def check(self) -> None:
        """Ask the database for a sign of life."""
        await self._database.run(lambda connection: connection.execute("SELECT 1"))

    async def commit(self, changes: Sequence[Change]) -> list[Outcome]:
        """Make all *changes* in one transaction; return what each came to, in their order."""
        times = self._timekeeper.times
        match changes:
            case []:
                return []
            case [StartJob() as start]:
                return [await self._starts.ask(start)]
            case [CompleteJob() as complete]:
                return [await self._completions.ask(complete)]
            case [change]:
                return [await self._database.run(lambda connection: make_change(connection, change, times()))]
        return await self._database.transact(lambda connection: make_changes(connection, changes, times()))

    async def find(self, job_id: JobId) -> JobReport | None:
        """Return the job and what became of its notice, or None if there is none."""
        return await self._finds.ask(job_id)

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
        return await self._pages.ask(
            PageAsked(lane=lane, size=size, more=more, tenant=tenant, source_activity=source_activity)
        )

    async def claim(self, limit: int) -> list[Claim]:
        """Lease at most *limit* lanes that are due, longest due first."""
        tokens = [secrets.token_hex(8) for _ in range(limit)]
        return await self._database.run(
            lambda connection: claim_lanes(connection, tokens, self._timekeeper.times())
        )

    async def renew(self, claims: Sequence[Claim]) -> set[str]:
        """Hold the lanes for another lease from now; return the tokens of those that are still ours."""
        if not claims:
            return set()
        return await self._database.run(
            lambda connection: renew_leases(connection, claims, self._timekeeper.times()),
        )

    async def sent(self, claim: Claim, through: int) -> Claim | None:
        """
        Settle the notices up to seq *through* as sent.

        Returns the claim on those that came in behind, held for another lease, or None: the lane is idle
        and no longer ours. Raises `LeaseLost`.
        """
        return await self._sent.ask(Sent(claim=claim, through=through))

    async def dead(self, claim: Claim, through: int, *, status: int | None, error: str) -> Claim | None:
        """Settle the notices up to seq *through* as dead letters; otherwise like `sent`."""
        return await self._dead.ask(Dead(claim=claim, through=through, status=status, error=error))

    async def retry(self, claim: Claim, after: timedelta, error: str) -> None:
        """Give the lane back after a failed attempt; it is due again *after* from now. Raises `LeaseLost`."""
        await self._given_back.ask(GivenBack(claim=claim, after=after, failed=True, error=error))

    async def park(self, claim: Claim, reason: str) -> None:
        """Keep what waits in the lane until its conversation is heard from. Raises `LeaseLost`."""
        await self._given_back.ask(GivenBack(claim=claim, after=None, error=reason))

    async def release(self, claim: Claim, after: timedelta = timedelta()) -> None:
        """Give the lane back untried; it is due *after* from now. Raises `LeaseLost`."""
        await self._given_back.ask(GivenBack(claim=claim, after=after))

    async def hear(self, heard: Sequence[Heard]) -> bool:
        """Note where conversations are heard from, open lanes of those that speak; return if any changed."""
        return await self._database.run(lambda connection: hear(connection, heard, self._timekeeper.times()))

    async def dead_letters(self, *, limit: int, after: DeadLetter | None = None) -> list[DeadLetter]:
        """Return at most *limit* dead letters, longest dead first, from the one behind *after* on."""
        return await self._database.run(
            lambda connection: dead_letters.list_dead_letters(connection, limit=limit, after=after)
        )

    async def dead_letter(self, job_id: JobId) -> DeadLetter | None:
        """Return the dead letter of a job, if there is one."""
        return await self._database.run(lambda connection: dead_letters.find_dead_letter(connection, job_id))

    async def requeue(self, job_id: JobId) -> bool:
        """Owe a job's dead letter anew, behind what waits in its lane; return whether there was one."""
        return await self._database.run(
            lambda connection: dead_letters.requeue_dead_letter(connection, job_id, self._timekeeper.times())
        )

    async def purge(self, before: datetime) -> int:
        """Forget the dead letters that died before *before*; return how many."""
        return await self._database.run(
            lambda connection: dead_letters.purge_dead_letters(connection, micros(before))
        )

    async def read_documents(self, keys: Collection[str]) -> Mapping[str, Document]:
        """Return those of the documents that exist, by key."""
        return await self._database.run(lambda connection: documents.read_documents(connection, keys))

    async def write_documents(self, changes: Sequence[DocumentChange]) -> None:
        """Make all *changes*, or none and raise `ETagConflict`."""
        do = self._database.run if len(changes) == 1 else self._database.transact
        await do(lambda connection: documents.write_documents(connection, changes))

    async def delete_documents(self, keys: Collection[str]) -> None:
        """Forget those of the documents that exist."""
        await self._database.run(lambda connection: documents.delete_documents(connection, keys))

    def _batches(
        self,
        statement: Callable[[Connection, Sequence[Q], Times], Awaitable[Sequence[A | StateError]]],
        name: str,
        *,
        flights: int = 1,
        patience: timedelta = timedelta(),
    ) -> Batches[Q, A]:
        def answer(asked: Sequence[Q]) -> Awaitable[Sequence[A | StateError]]:
            return self._database.run(
                lambda connection: statement(connection, asked, self._timekeeper.times()), patience=patience
            )

        batches = Batches(answer, name=name, flights=flights)
        self._open.append(batches)
        return batches
