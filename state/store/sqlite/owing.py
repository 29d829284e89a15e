"""Owe a notice in addition to the one about a job's end: to the job's conversation, or a reply to another."""

from datetime import timedelta
from sqlite3 import Cursor

from jobs.changes import Owed, OweNotice, OweReply
from jobs.notice import NoticeKind
from state.store.preferring import passes_by
from state.store.rows import CLAIMED, UNFINISHED, claim_of, make_notice
from state.store.sqlite.completing import (
    ADD_NOTICES,
    QUEUE,
    QUEUE_IN_IDLE,
    first_probe,
    let_through,
    queued_in,
)
from state.store.sqlite.reading import storable
from state.store.sqlite.sql import run_for_rows
from state.store.sqlite.starting import KEEP_LANES

_LANE = (
    f"SELECT j.status IN {UNFINISHED}, l.lane, j.title, j.tenant, j.reference, j.webhook, j.finish_by,"
    f" j.start_trace, l.head, l.tail, l.parked_at, l.not_before, l.passes, {CLAIMED}"
    " FROM jobs AS j JOIN lanes AS l ON l.lane = coalesce(?, j.lane) WHERE j.id = ?"
)


def owe_notice(cursor: Cursor, change: OweNotice, now: int, lease: int) -> Owed:
    """Queue the notice in the lane of its job; an idle lane is leased to the caller's token."""
    return _owe(cursor, change, change.kind, None, now, lease)


def owe_reply(cursor: Cursor, change: OweReply, now: int, lease: int) -> Owed:
    """Queue the reply in the lane of its conversation, as `owe_notice` does."""
    run_for_rows(cursor, KEEP_LANES, [(change.lane, 0, 0, change.service_url)])
    return _owe(cursor, change, change.kind, change.lane, now, lease)


def _owe(
    cursor: Cursor, change: OweNotice | OweReply, kind: NoticeKind, to: str | None, now: int, lease: int
) -> Owed:
    number = storable(change.job_id)
    row = cursor.execute(_LANE, (to, number)).fetchone()
    if row is None:
        return Owed(known=False)
    unfinished, lane, *job, head, tail, parked_at, not_before, passes = row[:13]
    claimed = row[13:]
    if kind is NoticeKind.STARTED and not unfinished:
        return Owed(known=True)
    idle, after = tail == head and parked_at is None, change.after // timedelta(microseconds=1)
    new = queued_in(idle, tail, not_before, None if after else change.token, now, lease, after)
    owed = (lane, new.tail, number, now, kind.value, change.body, change.trace)
    run_for_rows(cursor, ADD_NOTICES, [owed])
    if not new.idle:
        run_for_rows(cursor, QUEUE, [(lane, new.tail, first_probe(now))])
        if passes_by(passes, kind):
            let_through(cursor, [lane], now + after)
        return Owed(known=True)
    run_for_rows(cursor, QUEUE_IN_IDLE, [(lane, *new[1:])])
    if new.token is None:
        return Owed(known=True)
    notice = make_notice(new.tail, change.job_id, job, now, kind, change.body, change.trace)
    return Owed(known=True, claim=claim_of(lane, new.token, now + lease, (notice,), claimed, now=now))
