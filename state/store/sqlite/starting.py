"""Start jobs, many with few statements."""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import accumulate
from sqlite3 import Cursor
from typing import Any

from instants import instant
from jobs.changes import StartJob
from jobs.job import Job, JobId
from jobs.lane import UNATTENDED
from jobs.notice import NoticeKind
from state.store.deadlines import KEPT, kept_deadlines, shown_deadlines
from state.store.moved import names_address
from state.store.numbering import least_and_longest_step
from state.store.once import noted_at
from state.store.rows import STORED_STATUS
from state.store.sqlite.events import owe_event
from state.store.sqlite.once import job_in_the_way, job_started_before, note_starts
from state.store.sqlite.queueing import ADDRESS, NEWEST
from state.store.sqlite.reading import EVERYBODY
from state.store.sqlite.sql import run_for_rows
from state.store.sqlite.statements import numbered

ADD_JOBS = (
    "INSERT INTO jobs"
    " (id, lane, tenant, status, title, requested_by, requester_id, reference, source_activity, created_at,"
    f" webhook, labels, start_trace, {KEPT})"
    " VALUES {rows} ON CONFLICT DO NOTHING"
)
# A conversation without a tenant is its own tenant and has few jobs, which are counted on demand. A total of
# its own would make every commit write one more page.
COUNT_JOBS = (
    "INSERT INTO totals (tenant, slot, jobs) VALUES {rows}"
    " ON CONFLICT (tenant, slot) DO UPDATE SET jobs = jobs + excluded.jobs"
)
_NEWEST = "SELECT id, created_at FROM jobs ORDER BY id DESC LIMIT 1"

# An address that only an earlier job's reference names.
_KEEP_ADDRESS = (
    "INSERT INTO moved (lane, service_url) SELECT lane, address FROM"
    f" (SELECT j.lane AS lane, {ADDRESS} AS address FROM jobs AS j WHERE j.id = {NEWEST.format(lane='?1')})"
    " WHERE address <> '' ON CONFLICT DO NOTHING"
)


class StartedBefore(Exception):
    """One of several activities has already started its job, or two of them are the same."""


def start_jobs(
    cursor: Cursor, changes: Sequence[StartJob], now: int, spread: Callable[[], float]
) -> list[Job]:
    """
    Start a job for each of *changes*, or return the one that the same activity started before.

    *spread* is uniform in [0, 1), for their numbers. Raises `StartedBefore` if there are several changes and
    one of them is a repeat: then call it for each change alone.
    """
    # BEGIN IMMEDIATE allows one writer at a time over all processes, so numbers are unique.
    newest, newest_at = cursor.execute(_NEWEST).fetchone() or (0, 0)
    at = noted_at(now, newest_at)
    before = job_started_before(cursor, changes, at)
    if before is not None and len(changes) == 1:
        return [before]
    if before is not None or _has_repeats(changes):
        raise StartedBefore
    for change in changes:
        if change.lane != UNATTENDED and not names_address(change.reference):
            cursor.execute(_KEEP_ADDRESS, numbered(change.lane))
    least, longest = least_and_longest_step(newest, now)
    numbers = accumulate((1 + int(spread() * longest) for _ in changes), initial=least - 1)
    next(numbers)
    rows = [_row(number, change, now) for number, change in zip(numbers, changes, strict=True)]
    if run_for_rows(cursor, ADD_JOBS, rows) < len(rows):
        if len(changes) > 1:
            raise StartedBefore
        return [job_in_the_way(cursor, changes[0])]
    note_starts(cursor, changes, [row[0] for row in rows], at)
    counted = Counter(change.tenant for change in changes if change.tenant != change.lane)
    counted[EVERYBODY] = len(changes)
    run_for_rows(cursor, COUNT_JOBS, [(tenant, 0, jobs) for tenant, jobs in counted.items()])
    for row, change in zip(rows, changes, strict=True):
        if change.webhook is not None and change.announced:
            owe_event(cursor, change.webhook, row[0], NoticeKind.JOB_CREATED, None, now, change.trace)
    return [_job(row[0], change, now) for row, change in zip(rows, changes, strict=True)]


def _has_repeats(changes: Sequence[StartJob]) -> bool:
    said = [(change.lane, change.source_activity) for change in changes if change.source_activity is not None]
    return len(set(said)) < len(said)


def _row(number: int, change: StartJob, now: int) -> tuple[Any, ...]:
    """Return the values of `ADD_JOBS`."""
    return (
        number,
        change.lane,
        change.tenant,
        STORED_STATUS[change.status],
        change.title,
        change.requested_by,
        change.requester_id,
        change.reference,
        change.source_activity,
        now,
        change.webhook,
        change.labels,
        change.trace,
        *kept_deadlines(change.deadlines, change.status, now),
    )


def _job(number: int, change: StartJob, now: int) -> Job:
    return Job(
        id=JobId(number),
        lane=change.lane,
        tenant=change.tenant,
        title=change.title,
        requested_by=change.requested_by,
        requester_id=change.requester_id,
        status=change.status,
        created_at=instant(now),
        webhook=change.webhook,
        external_id=change.source_activity if change.lane == UNATTENDED else None,
        labels=change.labels,
        **shown_deadlines(change.deadlines, change.status, now),
    )
