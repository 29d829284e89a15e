"""Tell of deadlines that have passed. Each statement runs inside the caller's transaction."""

from sqlite3 import Cursor

from jobs.changes import OweNotice
from jobs.notice import NoticeKind
from state.store.deadlines import TOLD_TOGETHER, WATCHED, watched_of
from state.store.sqlite.events import owe_event
from state.store.sqlite.owing import owe_notice
from state.store.webhooks import overdue_body

DUE = f"SELECT {WATCHED} FROM jobs WHERE check_at IS NOT NULL AND check_at <= ? ORDER BY check_at LIMIT ?"

_TOLD = "UPDATE jobs SET overdue = ?, check_at = ? WHERE id = ?"


def tell_overdue(cursor: Cursor, now: int, lease: int) -> int:
    """Owe the notices and events about the deadlines that have passed; return of how many jobs."""
    due = [watched_of(row) for row in cursor.execute(DUE, (now, TOLD_TOGETHER)).fetchall()]
    for job in due:
        clocks = job.passed(now)
        for clock in clocks:
            kind, body = job.notice(clock)
            if job.attended:
                owe_notice(cursor, OweNotice(job.id, kind, body, None), now, lease)
            if job.webhook is not None:
                owe_event(cursor, job.webhook, job.id, NoticeKind.JOB_OVERDUE, overdue_body(kind, body), now)
        cursor.execute(_TOLD, (*job.after_telling(clocks), job.id))
    return len(due)
