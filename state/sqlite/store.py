"""The store on SQLite, whole: opens the database and runs what the ports ask for."""

import asyncio
import secrets
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from datetime import datetime, timedelta
from sqlite3 import Cursor

from sqlalchemy import StaticPool, create_engine
from sqlalchemy.exc import DBAPIError

from state.changes import (
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
from state.documents import Document, DocumentChange
from state.errors import StoreUnusable
from state.instants import micros, utc_now
from state.jobs import Job, JobId, JobPage, JobReport
from state.lanes import Heard, LaneKey
from state.notices import Claim, DeadLetter
from state.schema import upgrade
from state.sqlite import completing, conversations, dead_letters, documents, jobs, lanes, starting
from state.sqlite.group_commit import GroupCommit

_BUSY = timedelta(seconds=5)
_STATEMENTS = 512  # Kept prepared: each of the hot ones in as many forms as it takes rows.
_CACHE = 32 * 1024  # KiB of pages kept; SQLite's own 2 MB does not hold the upper levels of a million jobs


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
        return await self._group.read(lambda cursor: jobs.find_job(cursor, job_id))

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
            lambda cursor: jobs.page_of_jobs(
                cursor, lane, size=size, more=more, tenant=tenant, source_activity=source_activity
            )
        )

    async def claim(self, limit: int) -> list[Claim]:
        """Lease at most *limit* lanes that are due, longest due first."""
        tokens = [new_token() for _ in range(limit)]
        return await self._group.write(
            lambda cursor: lanes.claim_lanes(cursor, tokens, self._now(), self._lease)
        )

    async def renew(self, claims: Sequence[Claim]) -> set[str]:
        """Hold the lanes for another lease from now; return the tokens of those that are still ours."""
        return await self._group.write(
            lambda cursor: lanes.renew_leases(cursor, claims, self._now() + self._lease)
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
            return lanes.settle_dead(
                cursor, claim, through, status=status, error=error, now=now, until=now + self._lease
            )

        return await self._group.write(settle)

    async def retry(self, claim: Claim, after: timedelta, error: str) -> None:
        """Give the lane back after a failed attempt; it is due again *after* from now. Raises `LeaseLost`."""
        await self._group.write(
            lambda cursor: lanes.settle_retry(cursor, claim, micros(self._clock() + after), error)
        )

    async def park(self, claim: Claim, reason: str) -> None:
        """Keep what waits in the lane until its conversation is heard from. Raises `LeaseLost`."""
        await self._group.write(lambda cursor: lanes.settle_parked(cursor, claim, self._now(), reason))

    async def release(self, claim: Claim, after: timedelta = timedelta()) -> None:
        """Give the lane back untried; it is due *after* from now. Raises `LeaseLost`."""
        await self._group.write(
            lambda cursor: lanes.release_lane(cursor, claim, micros(self._clock() + after))
        )

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

    def _now(self) -> int:
        return micros(self._clock())

    def _start(self, cursor: Cursor, changes: Sequence[StartJob]) -> list[Job]:
        return starting.start_jobs(cursor, changes, self._now())

    def _complete(self, cursor: Cursor, changes: Sequence[CompleteJob]) -> list[Completion]:
        return completing.complete_jobs(cursor, changes, self._now(), self._lease)

    def _settle(self, cursor: Cursor, sent: Sequence[tuple[Claim, int]]) -> list[Claim | None]:
        return lanes.settle_sent(cursor, sent, self._now() + self._lease)

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


@asynccontextmanager
async def open_sqlite(
    path: str | None,
    *,
    lease: timedelta,
    clock: Callable[[], datetime] = utc_now,
    busy: timedelta = _BUSY,
) -> AsyncIterator[SqliteStore]:
    """
    Open the store in the file *path*, or in memory if that is None, at the newest schema.

    A write waits for another process that is writing, but no longer than *busy*. Raises `StoreUnusable` with
    one line that says why the database cannot be used.
    """
    group = GroupCommit(await asyncio.to_thread(_connect, path, busy.total_seconds()))
    try:
        yield SqliteStore(group, lease=lease, clock=clock)
    finally:
        await group.close()


def _connect(path: str | None, busy: float) -> sqlite3.Connection:
    with ExitStack() as unless_usable:
        try:
            connection = sqlite3.connect(
                path or ":memory:",
                timeout=busy,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=_STATEMENTS,
            )
            unless_usable.callback(connection.close)
            _use_wal(connection, busy)
            # FULL: a commit that was answered survives the machine losing power, not only the process.
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(f"PRAGMA cache_size = -{_CACHE}")
            _upgrade(connection)
        except (sqlite3.Error, StoreUnusable) as error:
            raise StoreUnusable(f"The job log {path or 'in memory'} cannot be used: {error}") from error
        unless_usable.pop_all()
    return connection


def _use_wal(connection: sqlite3.Connection, busy: float) -> None:
    """
    Switch to write-ahead logging, which happens once in a file's life; wait *busy* seconds at most.

    The switch needs the file for itself, and SQLite does not wait for that: where several processes first
    open one file, any of them may be told at once that it is locked.
    """
    deadline = time.monotonic() + busy
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            locked = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY  # Above are its kinds.
            if not locked or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _upgrade(connection: sqlite3.Connection) -> None:
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    try:
        with engine.begin() as migrating:
            migrating.exec_driver_sql("BEGIN IMMEDIATE")  # One process at a time; the others find it done.
            upgrade(migrating)
    except DBAPIError as error:
        # SQLite's own words: SQLAlchemy's are many lines, with the statement in them.
        raise StoreUnusable(str(error.orig)) from error
