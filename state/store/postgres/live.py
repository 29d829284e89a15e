"""Statements over live messages."""

from collections.abc import Collection
from datetime import timedelta

from jobs.job import Job, JobId
from jobs.live import UPDATED_EVERY, LiveMessage
from state.store.live import CLAIMED_TOGETHER, DIFFERS, LEASE, LIVE, live_of, shown_by
from state.store.postgres.database import Connection
from state.store.postgres.sql import NOW
from state.store.postgres.times import Times
from state.store.rows import JOB

_MICROSECOND = timedelta(microseconds=1)

_DIFFERS = DIFFERS.format(is_not="IS DISTINCT FROM")

# Of two replicas that claim the same message, the second waits for the first's row lock, and then finds that
# it is not due any more.
CLAIM = f"""
WITH due AS (
    SELECT m.job_id FROM live_messages AS m JOIN jobs AS j ON j.id = m.job_id
    WHERE {_DIFFERS} AND m.next_at <= {NOW} AND ($3::bigint[] IS NULL OR m.job_id = ANY ($3::bigint[]))
    LIMIT {CLAIMED_TOGETHER}
)
UPDATE live_messages AS m SET next_at = {NOW} + $2::bigint FROM due, jobs AS j
WHERE m.job_id = due.job_id AND j.id = m.job_id AND m.next_at <= {NOW} RETURNING {LIVE}, {JOB}
"""

_KEEP = f"""
INSERT INTO live_messages (job_id, message_id, reference, service_url, next_at, shown_status, shown_report,
    shown_cancel)
VALUES ($3, $4, $5, $6, {NOW} + $2::bigint, $7, $8, $9)
ON CONFLICT (job_id) DO UPDATE SET message_id = excluded.message_id, next_at = excluded.next_at
"""

_SHOWN = f"""
UPDATE live_messages SET message_id = $4, next_at = {NOW} + $2::bigint, attempts = 0, shown_status = $5,
    shown_report = $6, shown_cancel = $7
WHERE job_id = $3
"""


_PUT_OFF = f"""
UPDATE live_messages SET attempts = attempts + 1, next_at = {NOW} + $2::bigint WHERE job_id = $3
"""


async def keep_live(connection: Connection, message: LiveMessage, times: Times) -> None:
    """Remember a message that shows its job."""
    address = (message.job.id, message.message_id, message.reference, message.service_url)
    await connection.execute(_KEEP, times.now, _micros(UPDATED_EVERY), *address, *shown_by(message.job))


async def claim_live(
    connection: Connection, job_ids: Collection[JobId] | None, times: Times
) -> list[LiveMessage]:
    """Lease messages that may be updated now, of these jobs or of all."""
    these = None if job_ids is None else [*job_ids]
    rows = await connection.fetch(CLAIM, times.now, _micros(LEASE), these)
    return [live_of([*row.values()]) for row in rows]


async def differing(connection: Connection, job_ids: Collection[JobId]) -> set[JobId]:
    """Return those of these jobs whose messages show something else."""
    rows = await connection.fetch(
        f"SELECT m.job_id FROM live_messages AS m JOIN jobs AS j ON j.id = m.job_id WHERE {_DIFFERS}"
        " AND m.job_id = ANY ($1::bigint[])",
        [*job_ids],
    )
    return {row["job_id"] for row in rows}


async def shown(connection: Connection, job: Job, message_id: str, times: Times) -> None:
    """Record that the message shows *job*; it is forgotten if the job has ended."""
    if job.status.is_final:
        await forget_live(connection, job.id)
        return
    await connection.execute(_SHOWN, times.now, _micros(UPDATED_EVERY), job.id, message_id, *shown_by(job))


async def put_off_live(connection: Connection, job_id: JobId, after: timedelta, times: Times) -> None:
    """Record a failed attempt; the next is due *after* from now."""
    put_off = (
        f"UPDATE live_messages SET attempts = attempts + 1, next_at = {NOW} + $2::bigint WHERE job_id = $3"
    )
    await connection.execute(put_off, times.now, _micros(after), job_id)


async def forget_live(connection: Connection, job_id: JobId) -> None:
    """Update the message of a job no more."""
    await connection.execute("DELETE FROM live_messages WHERE job_id = $1", job_id)


def _micros(span: timedelta) -> int:
    return span // _MICROSECOND
