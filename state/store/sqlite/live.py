"""Statements over live messages. Each runs inside the caller's transaction."""

from collections.abc import Collection
from datetime import timedelta
from sqlite3 import Cursor

import orjson

from jobs.job import Job, JobId
from jobs.live import UPDATED_EVERY, LiveMessage
from state.store.live import CLAIMED_TOGETHER, DIFFERS, LEASE, LIVE, live_of, shown_by
from state.store.rows import JOB

_MICROSECOND = timedelta(microseconds=1)

_DIFFERS = DIFFERS.format(is_not="IS NOT")
_DIFFERING = f"FROM live_messages AS m JOIN jobs AS j ON j.id = m.job_id WHERE {_DIFFERS}"
_OF_THESE = "m.job_id IN (SELECT value FROM json_each(?))"

CLAIM = (
    f"SELECT {LIVE}, {JOB} {_DIFFERING} AND m.next_at <= ? AND (? OR {_OF_THESE}) LIMIT {CLAIMED_TOGETHER}"
)


def keep_live(cursor: Cursor, message: LiveMessage, now: int) -> None:
    """Remember a message that shows its job."""
    cursor.execute(
        "INSERT OR REPLACE INTO live_messages (job_id, message_id, reference, service_url, next_at,"
        " shown_status, shown_report, shown_cancel) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            message.job.id,
            message.message_id,
            message.reference,
            message.service_url,
            now + UPDATED_EVERY // _MICROSECOND,
            *shown_by(message.job),
        ),
    )


def claim_live(cursor: Cursor, job_ids: Collection[JobId] | None, now: int) -> list[LiveMessage]:
    """Lease messages that may be updated now, of these jobs or of all."""
    these = orjson.dumps([*(job_ids or ())]).decode()
    claimed = [live_of(row) for row in cursor.execute(CLAIM, (now, job_ids is None, these)).fetchall()]
    for each in claimed:
        leased = "UPDATE live_messages SET next_at = ? WHERE job_id = ?"
        cursor.execute(leased, (now + LEASE // _MICROSECOND, each.job.id))
    return claimed


def differing(cursor: Cursor, job_ids: Collection[JobId]) -> set[JobId]:
    """Return those of these jobs whose messages show something else."""
    these = orjson.dumps([*job_ids]).decode()
    rows = cursor.execute(f"SELECT m.job_id {_DIFFERING} AND {_OF_THESE}", (these,))
    return {JobId(job_id) for (job_id,) in rows}


def shown(cursor: Cursor, job: Job, message_id: str, now: int) -> None:
    """Record that the message shows *job*; it is forgotten if the job has ended."""
    if job.status.is_final:
        forget_live(cursor, job.id)
        return
    cursor.execute(
        "UPDATE live_messages SET message_id = ?, next_at = ?, attempts = 0, shown_status = ?,"
        " shown_report = ?, shown_cancel = ? WHERE job_id = ?",
        (message_id, now + UPDATED_EVERY // _MICROSECOND, *shown_by(job), job.id),
    )


def put_off_live(cursor: Cursor, job_id: JobId, after: timedelta, now: int) -> None:
    """Record a failed attempt; the next is due *after* from now."""
    put_off = "UPDATE live_messages SET attempts = attempts + 1, next_at = ? WHERE job_id = ?"
    cursor.execute(put_off, (now + after // _MICROSECOND, job_id))


def forget_live(cursor: Cursor, job_id: JobId) -> None:
    """Update the message of a job no more."""
    cursor.execute("DELETE FROM live_messages WHERE job_id = ?", (job_id,))
