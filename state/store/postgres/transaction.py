"""Several changes of one turn in one transaction."""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import cast

from jobs.changes import (
    AskCancel,
    BeginJob,
    Bookmark,
    Change,
    DeferLane,
    FinishJob,
    ForgetMembers,
    Outcome,
    OweNotice,
    OweReply,
    ParkLane,
    SetPreferences,
    StartJob,
    WelcomeMembers,
)
from jobs.job import JOB_ID_LIMIT
from jobs.lane import UNATTENDED
from state.store.postgres import conversations
from state.store.postgres.completing import begin_job, finish_jobs
from state.store.postgres.database import Connection
from state.store.postgres.events import ask_cancel
from state.store.postgres.owing import owe_notice, owe_reply
from state.store.postgres.preferring import set_preferences
from state.store.postgres.sql import LOCK_LANES
from state.store.postgres.starting import start_jobs
from state.store.postgres.times import Times

# The lock order of all statements: jobs by number, then lanes by key, whatever the order of the changes.
_LOCK_JOBS = "SELECT lane FROM jobs WHERE id = ANY ($1::bigint[]) ORDER BY id FOR UPDATE"


async def make_changes(
    connection: Connection, changes: Sequence[Change], times: Times, spread: Callable[[], float]
) -> list[Outcome]:
    """Make *changes* in the caller's transaction; return their outcomes in the same order."""
    await _lock(connection, changes, times)
    outcomes: list[Outcome] = []
    for kind, alike in groupby(changes, key=type):
        outcomes += await _make_alike(connection, kind, list(alike), times, spread)
    return outcomes


async def make_change(connection: Connection, change: Change, times: Times) -> Outcome:
    """Make one change with one statement."""
    match change:
        case AskCancel():
            return await ask_cancel(connection, change, times)
        case BeginJob():
            return await begin_job(connection, change, times)
        case OweNotice():
            return await owe_notice(connection, change, times)
        case OweReply():
            return await owe_reply(connection, change, times)
        case WelcomeMembers():
            return await conversations.welcome_members(connection, change)
        case ForgetMembers():
            await conversations.forget_members(connection, change)
        case ParkLane():
            await conversations.park_lane(connection, change, times)
        case DeferLane():
            await conversations.defer_lane(connection, change, times)
        case SetPreferences():
            await set_preferences(connection, change, times)
        case Bookmark():
            await conversations.set_bookmark(connection, change)
    return None


async def _make_alike(
    connection: Connection,
    kind: type[Change],
    changes: Sequence[Change],
    times: Times,
    spread: Callable[[], float],
) -> Sequence[Outcome]:
    if kind is StartJob:
        return await start_jobs(connection, cast(Sequence[StartJob], changes), times, spread)
    if kind is FinishJob:
        return await finish_jobs(connection, cast(Sequence[FinishJob], changes), times)
    return [await make_change(connection, change, times) for change in changes]


async def _lock(connection: Connection, changes: Sequence[Change], times: Times) -> None:
    """Lock all rows that the changes touch, unless the first statement locks them in this order itself."""
    if len({type(change) for change in changes}) == 1 and isinstance(changes[0], StartJob | FinishJob):
        return
    job_ids = [
        min(change.job_id, JOB_ID_LIMIT)
        for change in changes
        if isinstance(change, AskCancel | BeginJob | FinishJob | OweNotice | OweReply)
    ]
    rows = await connection.fetch(_LOCK_JOBS, job_ids) if job_ids else []
    of_lanes = OweReply | ParkLane | DeferLane | SetPreferences
    lanes = {change.lane for change in changes if isinstance(change, of_lanes)}
    lanes |= {row["lane"] for row in rows} - {UNATTENDED}
    if lanes:
        await connection.fetch(LOCK_LANES, times.now, sorted(lanes))
