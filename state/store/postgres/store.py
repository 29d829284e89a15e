"""The store port on PostgreSQL; frequent operations are batched."""

import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence, Set
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from instants import micros
from jobs.changes import Change, FinishJob, Outcome, OweReply, StartJob
from jobs.job import Job, JobId, JobReport, JobStatus
from jobs.lane import Heard, LaneKey, ParkedLane
from jobs.listing import JobPage, JobsAsked, JobsFound, PageAsked
from jobs.live import LiveMessage
from jobs.notice import Claim, DeadLetter, LetterPlace, Notice, NoticeKind
from jobs.preferences import Held
from jobs.watching import Watch
from state.errors import StateError
from state.store.documents import Document, DocumentChange, readiness_probe
from state.store.leases import Sent, new_token, probe_after
from state.store.levels import Levels, Load
from state.store.operators.store import OperatorStore
from state.store.port import Store
from state.store.postgres import dead_letters, documents, live, preferring, receipts, retention, watching
from state.store.postgres.batches import Batches
from state.store.postgres.claiming import claim_lanes, disbelieve, renew_leases
from state.store.postgres.completing import finish_jobs
from state.store.postgres.conversations import hear, held_in
from state.store.postgres.database import Connection, Database
from state.store.postgres.events import drain
from state.store.postgres.levels import levels
from state.store.postgres.overdue import tell_overdue
from state.store.postgres.parked import list_parked
from state.store.postgres.reading import find_external, find_jobs, list_jobs, newest_numbers, pages_of_jobs
from state.store.postgres.settling import (
    Dead,
    GivenBack,
    give_back,
    settle_dead,
    settle_sent,
    settle_unwanted,
)
from state.store.postgres.starting import start_jobs
from state.store.postgres.statements import PostgresStatements
from state.store.postgres.times import Timekeeper, Times
from state.store.postgres.transaction import make_change, make_changes
from state.store.receipts import KeptReceipt
from state.store.watching import EndWatched

Q = TypeVar("Q")
A = TypeVar("A")

#: Seconds between two looks for instants that the server's clock, before it was set back, stored far ahead.
_DISBELIEVE_EVERY = 60.0


class PostgresStore(Store):
    """
    The store in one PostgreSQL database, shared by any number of replicas.

    Every frequent operation is one statement and so its own transaction: no lock is held during a round trip,
    so a replica that freezes does not block the others.

    If the connection breaks, a change may or may not have been stored. A retry is safe: an activity starts or
    ends a job once, and settling is fenced by the claim's token. So settling is retried for a while.
    """

    def __init__(self, database: Database, timekeeper: Timekeeper, *, spread: Callable[[], float]) -> None:
        """Use *database*; *timekeeper* has the length of leases; *spread* is for job numbers."""
        self._database = database
        self._timekeeper = timekeeper
        self.clock = timekeeper.process
        self.operators = OperatorStore(PostgresStatements(database), timekeeper.process)
        self.retention = retention.PostgresRetention(database, timekeeper.times)
        self._disbelieve_at = 0.0  # On the monotonic clock.
        self._open: list[Batches[Any, Any]] = []
        self._patience = timekeeper.lease / 3  # After the lease another worker may have claimed the lane.
        self._spread = spread
        self._starts = self._batches(partial(start_jobs, spread=spread), "start", flights=2)
        self._ends = self._batches(finish_jobs, "finish", flights=2)
        self._finds = self._batches(find_jobs, "find")
        self._pages = self._batches(pages_of_jobs, "list")
        self._sent = self._batches(settle_sent, "settle", flights=2, patience=self._patience)
        self._dead = self._batches(settle_dead, "give up", patience=self._patience)
        self._given_back = self._batches(give_back, "give back", patience=self._patience)

    async def close(self) -> None:
        """Finish all pending requests."""
        for batches in self._open:
            await batches.close()

    async def check(self) -> None:
        await self._database.run(
            lambda connection: documents.write_documents(connection, [readiness_probe()])
        )

    async def levels(self) -> Levels:
        return await self._run(levels)

    def load(self) -> Load:
        in_use, most = self._database.connections
        return Load(sum(batches.waiting for batches in self._open), in_use, most)

    async def commit(self, changes: Sequence[Change]) -> list[Outcome]:
        times = self._timekeeper.times
        match changes:
            case []:
                return []
            case [StartJob() as start]:
                return [await self._starts.ask(start)]
            case [FinishJob() as finish]:
                return [await self._ends.ask(finish)]
            case [change]:
                return [await self._database.run(lambda connection: make_change(connection, change, times()))]
        return await self._database.transact(
            lambda connection: make_changes(connection, changes, times(), self._spread)
        )

    async def find(self, job_id: JobId) -> JobReport | None:
        return await self._finds.ask(job_id)

    async def find_external(self, external_id: str) -> JobId | None:
        return await self._database.run(lambda connection: find_external(connection, external_id))

    async def list_jobs(self, asked: JobsAsked) -> JobsFound:
        return await self._database.run(lambda connection: list_jobs(connection, asked))

    async def page(self, asked: PageAsked) -> JobPage:
        return await self._pages.ask(asked)

    async def numbers(self, asked: PageAsked) -> set[JobId]:
        return await self._database.run(lambda connection: newest_numbers(connection, asked))

    async def claim(self, limit: int) -> list[Claim]:
        if time.monotonic() >= self._disbelieve_at:
            self._disbelieve_at = time.monotonic() + _DISBELIEVE_EVERY
            await self._database.run(lambda connection: disbelieve(connection, self._timekeeper.times()))
        tokens = [new_token() for _ in range(limit)]
        return await self._database.run(
            lambda connection: claim_lanes(connection, tokens, self._timekeeper.times())
        )

    async def renew(self, claims: Sequence[Claim]) -> set[str]:
        if not claims:
            return set()
        return await self._database.run(
            lambda connection: renew_leases(connection, claims, self._timekeeper.times()),
        )

    async def sent(
        self,
        claim: Claim,
        through: int,
        message_ids: Mapping[JobId, str] | None = None,
        *,
        wanted: bool = True,
    ) -> Claim | None:
        settled = Sent(claim=claim, through=through, message_ids=message_ids or {}, wanted=wanted)
        return await (self._sent.ask(settled) if wanted else self._transact(settle_unwanted, settled))

    async def dead(self, claim: Claim, through: int, **how: Any) -> Claim | None:
        return await self._dead.ask(Dead(claim=claim, through=through, **how))

    async def retry(self, claim: Claim, after: timedelta, error: str, **how: Any) -> None:
        await self._given_back.ask(GivenBack(claim=claim, after=after, failed=True, error=error, **how))

    async def park(self, claim: Claim, reason: str, **how: Any) -> None:
        after = probe_after(claim.probes + 1 if claim.parked else 0)
        await self._given_back.ask(GivenBack(claim=claim, after=after, parks=True, error=reason, **how))

    async def release(self, claim: Claim, after: timedelta = timedelta()) -> None:
        await self._given_back.ask(GivenBack(claim=claim, after=after))

    async def hold_back(self, claim: Claim, passes: Set[NoticeKind], after: timedelta) -> Claim | None:
        return await self._transact(preferring.hold_back, claim, passes, after)

    async def outcomes_before(self, lane: LaneKey, notices: Sequence[Notice]) -> list[JobStatus | None]:
        return await self._database.run(
            lambda connection: preferring.outcomes_before(connection, lane, notices)
        )

    async def hear(self, heard: Sequence[Heard]) -> bool:
        return await self._run(hear, heard)

    async def parked(self, *, limit: int, after: ParkedLane | None = None) -> list[ParkedLane]:
        return await self._database.run(lambda connection: list_parked(connection, limit=limit, after=after))

    async def tell_overdue(self) -> int:
        return await self._transact(tell_overdue)

    async def held(self, lane: LaneKey) -> Held:
        return await self._database.run(lambda connection: held_in(connection, lane))

    async def watch(self, wanted: Watch) -> bool:
        return await self._transact(watching.watch, wanted)

    async def unwatch(self, lane: LaneKey, target: str | None) -> int:
        return await self._database.run(lambda connection: watching.unwatch(connection, lane, target))

    async def watches(self, lane: LaneKey) -> list[Watch]:
        return await self._database.run(lambda connection: watching.watches_of(connection, lane))

    async def ended_watched(self) -> list[EndWatched]:
        if await self._database.run(watching.unmarked):
            await self._database.transact(watching.mark)
        return await self._database.run(watching.ended)

    async def tell_watchers(self, job_id: JobId, replies: Sequence[OweReply]) -> bool:
        return await self._transact(watching.tell_watchers, job_id, replies)

    async def keep_live(self, message: LiveMessage) -> None:
        await self._run(live.keep_live, message)

    async def claim_live(self, job_ids: Collection[JobId] | None) -> list[LiveMessage]:
        return await self._run(live.claim_live, job_ids)

    async def differing(self, job_ids: Collection[JobId]) -> set[JobId]:
        return await self._database.run(lambda connection: live.differing(connection, job_ids))

    async def shown(self, job: Job, message_id: str) -> None:
        await self._run(live.shown, job, message_id)

    async def put_off_live(self, job_id: JobId, after: timedelta) -> None:
        await self._run(live.put_off_live, job_id, after)

    async def forget_live(self, job_id: JobId) -> None:
        await self._database.run(lambda connection: live.forget_live(connection, job_id))

    async def _run(self, statement: Callable[..., Awaitable[A]], *values: Any) -> A:
        return await self._database.run(
            lambda connection: statement(connection, *values, self._timekeeper.times())
        )

    async def _transact(self, statements: Callable[..., Awaitable[A]], *values: Any) -> A:
        return await self._database.transact(
            lambda connection: statements(connection, *values, self._timekeeper.times())
        )

    async def drain(self, webhook: str) -> int:
        return await self._run(drain, webhook)

    async def dead_letters(
        self, *, limit: int, after: DeadLetter | LetterPlace | None = None
    ) -> list[DeadLetter]:
        return await self._database.run(
            lambda connection: dead_letters.list_dead_letters(connection, limit=limit, after=after)
        )

    async def dead_letter(self, job_id: JobId) -> DeadLetter | None:
        return await self._database.run(lambda connection: dead_letters.find_dead_letter(connection, job_id))

    async def requeue(self, job_id: JobId) -> bool:
        return await self._database.run(
            lambda connection: dead_letters.requeue_dead_letter(connection, job_id, self._timekeeper.times())
        )

    async def requeue_letters(self, letters: Sequence[DeadLetter]) -> int:
        return await self._database.run(
            lambda connection: dead_letters.requeue_letters(connection, letters, self._timekeeper.times())
        )

    async def purge_letters(self, letters: Sequence[DeadLetter]) -> int:
        return await self._database.run(lambda connection: dead_letters.purge_letters(connection, letters))

    async def purge(self, before: datetime) -> int:
        return await self._database.run(
            lambda connection: dead_letters.purge_dead_letters(connection, micros(before))
        )

    async def read_documents(self, keys: Collection[str]) -> Mapping[str, Document]:
        return await self._database.run(lambda connection: documents.read_documents(connection, keys))

    async def write_documents(self, changes: Sequence[DocumentChange]) -> None:
        do = self._database.run if len(changes) == 1 else self._database.transact
        await do(lambda connection: documents.write_documents(connection, changes))

    async def delete_documents(self, keys: Collection[str]) -> None:
        await self._database.run(lambda connection: documents.delete_documents(connection, keys))

    async def receipt(self, key: str) -> KeptReceipt | None:
        return await self._run(receipts.find_receipt, key)

    async def keep_receipt(self, key: str, receipt: KeptReceipt) -> KeptReceipt:
        return await self._run(receipts.keep_receipt, key, receipt)

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

        self._open.append(batches := Batches(answer, name=name, flights=flights))
        return batches
