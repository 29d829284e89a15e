"""
Events for job systems: owe one, tell what became of notices, and let waiting ones go at once.

Each statement runs inside the caller's transaction.
"""

from collections.abc import Sequence
from sqlite3 import Cursor

from jobs.changes import AskCancel
from jobs.job import JobStatus
from jobs.lane import webhook_lane, webhook_lanes
from jobs.notice import Notice, NoticeKind
from state.store.rows import JOB, UNFINISHED, job_of
from state.store.sqlite.reading import storable
from state.store.sqlite.sql import as_json
from state.store.sqlite.statements import numbered
from state.store.webhooks import DRAINED_TOGETHER, cancel_body, event_body, webhook_address

QUEUE_EVENT = (
    "INSERT INTO lanes (lane, head, tail, due_at, kind, service_url)"
    " SELECT ?1, begins_at, begins_at + 1, ?2, 'webhook', ?3 FROM"
    " (SELECT max(?2, coalesce((SELECT max(seq) FROM notices WHERE lane = ?1), 0)) AS begins_at) WHERE true"
    " ON CONFLICT (lane) DO UPDATE SET tail = tail + 1,"
    " due_at = CASE WHEN tail = head THEN excluded.due_at ELSE due_at END RETURNING tail"
)
_ADD = "INSERT INTO notices (lane, seq, job_id, created_at, kind, body, trace) VALUES (?, ?, ?, ?, ?, ?, ?)"

_TELL = "UPDATE jobs SET told_at = ? WHERE id IN (SELECT value FROM json_each(?))"

_ASK_CANCEL = (
    "UPDATE jobs SET cancel_asked_at = ?, cancel_asked_by = ?"
    f" WHERE id = ? AND status IN {UNFINISHED} AND cancel_asked_at IS NULL"
)

DRAIN = (
    "UPDATE lanes SET due_at = ? WHERE lane IN (SELECT lane FROM lanes WHERE lane > ? AND lane < ?"
    " AND token IS NULL AND due_at > ? LIMIT ?)"
)


def owe_event(
    cursor: Cursor,
    webhook: str,
    job_id: int,
    kind: NoticeKind,
    body: str | None,
    now: int,
    trace: str | None = None,
) -> None:
    """Queue an event about a job for its job system, due at once or behind those that wait."""
    lane = webhook_lane(webhook, job_id)
    (seq,) = cursor.execute(QUEUE_EVENT, numbered(lane, now, webhook_address(webhook))).fetchone()
    cursor.execute(_ADD, (lane, seq, job_id, now, kind.value, body, trace))


def owe_outcomes(
    cursor: Cursor, notices: Sequence[Notice], kind: NoticeKind, now: int, reason: str | None = None
) -> None:
    """Tell the job systems of these jobs what became of the notices about their ends."""
    ends = [notice for notice in notices if notice.webhook is not None and notice.kind.is_of_an_end]
    for notice in ends:
        owe_event(cursor, notice.webhook or "", notice.job_id, kind, event_body(reason), now, notice.trace)
    if ends and kind is NoticeKind.NOTICE_DELIVERED:
        cursor.execute(_TELL, (now, as_json([notice.job_id for notice in ends])))


def ask_cancel(cursor: Cursor, change: AskCancel, now: int) -> JobStatus | None:
    """Record the wish; return the job's status, None for an unknown job."""
    number = storable(change.job_id)
    asked = cursor.execute(_ASK_CANCEL, (now, change.asked_by, number)).rowcount
    row = cursor.execute(f"SELECT {JOB} FROM jobs AS j WHERE j.id = ?", (number,)).fetchone()
    if row is None:
        return None
    job = job_of(row)
    if asked and job.webhook is not None:
        body = cancel_body(change.asked_by)
        owe_event(cursor, job.webhook, number, NoticeKind.CANCEL_REQUESTED, body, now, change.trace)
    return job.status


def drain(cursor: Cursor, webhook: str, now: int) -> int:
    """Make events due that wait for another attempt; return how many lanes, at most `DRAINED_TOGETHER`."""
    return cursor.execute(DRAIN, (now, *webhook_lanes(webhook), now, DRAINED_TOGETHER)).rowcount
