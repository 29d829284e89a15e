"""
The store port on SQLite, whole.

Longer than other files: one method for each of the port's.
"""

from collections.abc import Callable, Collection, Mapping, Sequence, Set
from datetime import datetime, timedelta
from sqlite3 import Cursor
from typing import Any

from instants import micros
from jobs.changes import Change, Finished, FinishJob, Outcome, OweReply, StartJob
from jobs.job import Job, JobId, JobReport, JobStatus
from jobs.lane import Heard, LaneKey, ParkedLane
from jobs.listing import JobPage, JobsAsked, JobsFound, PageAsked
from jobs.live import LiveMessage
from jobs.notice import Claim, DeadLetter, LetterPlace, Notice, NoticeKind
from jobs.preferences import Held
from jobs.watching import Watch
from state.store.documents import Document, DocumentChange, readiness_probe
from state.store.leases import Sent, new_token, probe_after
from state.store.levels import Levels, Load
from state.store.operators.store import OperatorStore
from state.store.port import Store
from state.store.receipts import KeptReceipt
from state.store.sqlite import (
    claiming,
    completing,
    conversations,
    dead_letters,
    documents,
    events,
    levels,
    live,
    overdue,
    preferring,
    reading,
    receipts,
    settling,
    starting,
    watching,
)
from state.store.sqlite.changes import make_change
from state.store.sqlite.group_commit import GroupCommit
from state.store.sqlite.parked import list_parked
from state.store.sqlite.retention import SqliteRetention
from state.store.sqlite.settling import GivenBack
from state.store.sqlite.statements import SqliteStatements
from state.store.watching import EndWatched


class SqliteStore(Store):
    """
    The store in one SQLite database.

    Times come from *clock*, never from SQL, so that tests can set the time. A method that raises
    `StoreUnavailable` stored nothing.
    """

    def __init__(
        self,
        group: GroupCommit,
        *,
        readers: GroupCommit,
        lease: timedelta,
        clock: Callable[[], datetime],
        spread: Callable[[], float],
    ) -> None:
        """
        Write in *group* and read in *readers*, which may be the same.

        A lane is leased for *lease* at a time; *spread* is uniform in [0, 1).
        """
        self._group = group
        self._readers = readers
        self._lease = lease // timedelta(microseconds=1)
        self.clock = self._clock = clock
        self._spread = spread
        self.operators = OperatorStore(SqliteStatements(group, readers), clock)
        self.retention = SqliteRetention(group, readers, clock)

    async def check(self) -> None:
        await self._group.write(lambda cursor: documents.write_documents(cursor, [readiness_probe()]))

    async def levels(self) -> Levels:
        return await self._readers.read(lambda cursor: levels.levels(cursor, self._now()))

    def load(self) -> Load:
        both = {self._group, self._readers}
        return Load(waiting=sum(group.waiting for group in both))

    async def commit(self, changes: Sequence[Change]) -> list[Outcome]:
        match changes:
            case [StartJob() as change]:
                return [await self._group.write_alike(self._start, change)]
            case [FinishJob() as change]:
                return [await self._group.write_alike(self._finish, change)]
        return await self._group.write(
            lambda cursor: [
                make_change(cursor, change, self._now(), self._lease, self._spread) for change in changes
            ]
        )

    async def find(self, job_id: JobId) -> JobReport | None:
        return await self._readers.read(lambda cursor: reading.find_job(cursor, job_id))

    async def find_external(self, external_id: str) -> JobId | None:
        return await self._readers.read(lambda cursor: reading.find_external(cursor, external_id))

    async def list_jobs(self, asked: JobsAsked) -> JobsFound:
        return await self._readers.read(lambda cursor: reading.list_jobs(cursor, asked))

    async def page(self, asked: PageAsked) -> JobPage:
        return await self._readers.read(lambda cursor: reading.page_of_jobs(cursor, asked))

    async def numbers(self, asked: PageAsked) -> set[JobId]:
        return await self._readers.read(lambda cursor: reading.newest_numbers(cursor, asked))

    async def claim(self, limit: int) -> list[Claim]:
        tokens = [new_token() for _ in range(limit)]
        return await self._group.write(
            lambda cursor: claiming.claim_lanes(cursor, tokens, self._now(), self._lease)
        )

    async def renew(self, claims: Sequence[Claim]) -> set[str]:
        return await self._group.write(
            lambda cursor: claiming.renew_leases(cursor, claims, self._now() + self._lease)
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
        return await self._group.write_alike(self._settle, settled)

    async def dead(self, claim: Claim, through: int, **how: Any) -> Claim | None:
        return await self._group.write(
            lambda cursor: settling.settle_dead(
                cursor, claim, through, **how, now=self._now(), lease=self._lease
            )
        )

    async def retry(self, claim: Claim, after: timedelta, error: str, **how: Any) -> None:
        await self._give_back(claim, after, failed=True, error=error, **how)

    async def park(self, claim: Claim, reason: str, **how: Any) -> None:
        after = probe_after(claim.probes + 1 if claim.parked else 0)
        await self._give_back(claim, after, parks=True, error=reason, **how)

    async def release(self, claim: Claim, after: timedelta = timedelta()) -> None:
        await self._give_back(claim, after)

    async def hold_back(self, claim: Claim, passes: Set[NoticeKind], after: timedelta) -> Claim | None:
        return await self._group.write(
            lambda cursor: preferring.hold_back(cursor, claim, passes, after, self._now(), self._lease)
        )

    async def outcomes_before(self, lane: LaneKey, notices: Sequence[Notice]) -> list[JobStatus | None]:
        return await self._readers.read(lambda cursor: preferring.outcomes_before(cursor, lane, notices))

    async def hear(self, heard: Sequence[Heard]) -> bool:
        changed = await self._group.read(
            lambda cursor: conversations.changed_by_hearing(cursor, heard, self._now())
        )
        if changed:
            await self._group.write(lambda cursor: conversations.hear(cursor, changed, self._now()))
        return bool(changed)

    async def parked(self, *, limit: int, after: ParkedLane | None = None) -> list[ParkedLane]:
        return await self._readers.read(lambda cursor: list_parked(cursor, limit=limit, after=after))

    async def tell_overdue(self) -> int:
        return await self._group.write(lambda cursor: overdue.tell_overdue(cursor, self._now(), self._lease))

    async def held(self, lane: LaneKey) -> Held:
        return await self._readers.read(lambda cursor: conversations.held_in(cursor, lane))

    async def watch(self, wanted: Watch) -> bool:
        return await self._group.write(lambda cursor: watching.watch(cursor, wanted, self._now()))

    async def unwatch(self, lane: LaneKey, target: str | None) -> int:
        return await self._group.write(lambda cursor: watching.unwatch(cursor, lane, target))

    async def watches(self, lane: LaneKey) -> list[Watch]:
        return await self._readers.read(lambda cursor: watching.watches_of(cursor, lane))

    async def ended_watched(self) -> list[EndWatched]:
        if await self._readers.read(watching.unmarked):
            await self._group.write(watching.mark)
        return await self._readers.read(watching.ended)

    async def tell_watchers(self, job_id: JobId, replies: Sequence[OweReply]) -> bool:
        return await self._group.write(
            lambda cursor: watching.tell_watchers(cursor, job_id, replies, self._now(), self._lease)
        )

    async def keep_live(self, message: LiveMessage) -> None:
        await self._group.write(lambda cursor: live.keep_live(cursor, message, self._now()))

    async def claim_live(self, job_ids: Collection[JobId] | None) -> list[LiveMessage]:
        return await self._group.write(lambda cursor: live.claim_live(cursor, job_ids, self._now()))

    async def differing(self, job_ids: Collection[JobId]) -> set[JobId]:
        return await self._readers.read(lambda cursor: live.differing(cursor, job_ids))

    async def shown(self, job: Job, message_id: str) -> None:
        await self._group.write(lambda cursor: live.shown(cursor, job, message_id, self._now()))

    async def put_off_live(self, job_id: JobId, after: timedelta) -> None:
        await self._group.write(lambda cursor: live.put_off_live(cursor, job_id, after, self._now()))

    async def forget_live(self, job_id: JobId) -> None:
        await self._group.write(lambda cursor: live.forget_live(cursor, job_id))

    async def drain(self, webhook: str) -> int:
        return await self._group.write(lambda cursor: events.drain(cursor, webhook, self._now()))

    async def dead_letters(
        self, *, limit: int, after: DeadLetter | LetterPlace | None = None
    ) -> list[DeadLetter]:
        return await self._readers.read(
            lambda cursor: dead_letters.list_dead_letters(cursor, limit=limit, after=after)
        )

    async def dead_letter(self, job_id: JobId) -> DeadLetter | None:
        return await self._readers.read(lambda cursor: dead_letters.find_dead_letter(cursor, job_id))

    async def requeue(self, job_id: JobId) -> bool:
        return await self._group.write(
            lambda cursor: dead_letters.requeue_dead_letter(cursor, job_id, self._now())
        )

    async def requeue_letters(self, letters: Sequence[DeadLetter]) -> int:
        return await self._group.write(
            lambda cursor: dead_letters.requeue_letters(cursor, letters, self._now())
        )

    async def purge_letters(self, letters: Sequence[DeadLetter]) -> int:
        return await self._group.write(lambda cursor: dead_letters.purge_letters(cursor, letters))

    async def purge(self, before: datetime) -> int:
        return await self._group.write(lambda cursor: dead_letters.purge_dead_letters(cursor, micros(before)))

    async def read_documents(self, keys: Collection[str]) -> Mapping[str, Document]:
        return await self._readers.read(lambda cursor: documents.read_documents(cursor, keys))

    async def write_documents(self, changes: Sequence[DocumentChange]) -> None:
        await self._group.write(lambda cursor: documents.write_documents(cursor, changes))

    async def delete_documents(self, keys: Collection[str]) -> None:
        await self._group.write(lambda cursor: documents.delete_documents(cursor, keys))

    async def receipt(self, key: str) -> KeptReceipt | None:
        return await self._readers.read(lambda cursor: receipts.find_receipt(cursor, key, self._now()))

    async def keep_receipt(self, key: str, receipt: KeptReceipt) -> KeptReceipt:
        return await self._group.write(
            lambda cursor: receipts.keep_receipt(cursor, key, receipt, self._now())
        )

    async def _give_back(self, claim: Claim, after: timedelta, **how: Any) -> None:
        at = self._clock()
        given = GivenBack(claim=claim, at=micros(at), due_at=micros(at + after), **how)
        await self._group.write_alike(settling.give_back, given)

    def _now(self) -> int:
        return micros(self._clock())

    def _start(self, cursor: Cursor, changes: Sequence[StartJob]) -> list[Job]:
        return starting.start_jobs(cursor, changes, self._now(), self._spread)

    def _finish(self, cursor: Cursor, changes: Sequence[FinishJob]) -> list[Finished]:
        return completing.finish_jobs(cursor, changes, self._now(), self._lease)

    def _settle(self, cursor: Cursor, sent: Sequence[Sent]) -> list[Claim | None]:
        return settling.settle_sent(cursor, sent, self._now(), self._lease)
