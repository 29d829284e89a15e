"""Tell of deadlines that have passed."""

from jobs.changes import OweNotice
from jobs.notice import NoticeKind
from state.store.deadlines import TOLD_TOGETHER, WATCHED, watched_of
from state.store.postgres.database import Connection
from state.store.postgres.events import Told, owe_events
from state.store.postgres.owing import owe_notice
from state.store.postgres.sql import LOCK_LANES, NOW
from state.store.postgres.times import Times
from state.store.webhooks import overdue_body

# Jobs that another replica is telling of at the same time are skipped. They are locked in the order of their
# numbers, and before lanes, like everywhere.
DUE = f"""
SELECT {WATCHED}, {NOW} AS now FROM jobs
WHERE id IN (
    SELECT id FROM jobs WHERE check_at IS NOT NULL AND check_at <= {NOW} ORDER BY check_at
    LIMIT {TOLD_TOGETHER}
) AND check_at <= {NOW} ORDER BY id FOR UPDATE SKIP LOCKED
"""

_TOLD = "UPDATE jobs SET overdue = $2, check_at = $3 WHERE id = $1"


async def tell_overdue(connection: Connection, times: Times) -> int:
    """Owe the notices and events about the deadlines that have passed; return of how many jobs."""
    due = [[*row.values()] for row in await connection.fetch(DUE, times.now)]
    jobs = [(watched_of(row), now) for *row, now in due]
    await connection.fetch(LOCK_LANES, times.now, [job.lane for job, _ in jobs if job.attended])
    told = []
    for job, now in jobs:
        clocks = job.passed(now)
        for clock in clocks:
            kind, body = job.notice(clock)
            if job.attended:
                await owe_notice(connection, OweNotice(job.id, kind, body, None), times)
            if job.webhook is not None:
                event = Told(job.webhook, job.id, NoticeKind.JOB_OVERDUE, overdue_body(kind, body))
                await owe_events(connection, [event], times)
        told.append((job.id, *job.after_telling(clocks)))
    for each in told:
        await connection.execute(_TOLD, *each)
    return len(due)
