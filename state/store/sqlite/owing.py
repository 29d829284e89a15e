"""Owe a notice in addition to the one about a job's end: to the job's conversation, or a reply to another."""

from datetime import timedelta
from sqlite3 import Cursor

from jobs.changes import Owed, OweNotice, OweReply
from jobs.notice import NoticeKind
from state.store.preferring import passes_by
from state.store.rows import UNFINISHED, claim_of, make_notice
from state.store.sqlite.queueing import (
    ADD_NOTICES,
    ADDRESS,
    STANDING,
    let_through,
    queue,
    queued_in,
    standing_of,
)
from state.store.sqlite.reading import storable
from state.store.sqlite.sql import run_for_rows
from state.store.sqlite.statements import numbered

_LANE = (
    f"SELECT j.status IN {UNFINISHED}, coalesce(?1, j.lane), j.title, j.tenant, j.reference, j.webhook,"
    " j.finish_by, j.start_trace,"
    f" {STANDING.format(lane='coalesce(?1, j.lane)', address=f'coalesce(?3, {ADDRESS})')}"
    " FROM jobs AS j LEFT JOIN lanes AS l ON l.lane = coalesce(?1, j.lane) WHERE j.id = ?2"
)
_HEAR = "UPDATE lanes SET service_url = ?1 WHERE lane = ?2 AND service_url IS NOT ?1"


def owe_notice(cursor: Cursor, change: OweNotice, now: int, lease: int) -> Owed:
    """Queue the notice in the lane of its job; an idle lane is leased to the caller's token."""
    return _owe(cursor, change, change.kind, None, None, now, lease)


def owe_reply(cursor: Cursor, change: OweReply, now: int, lease: int) -> Owed:
    """Queue the reply in the lane of its conversation, as `owe_notice` does."""
    if change.service_url:
        cursor.execute(_HEAR, numbered(change.service_url, change.lane))
    return _owe(cursor, change, change.kind, change.lane, change.service_url, now, lease)


def _owe(
    cursor: Cursor,
    change: OweNotice | OweReply,
    kind: NoticeKind,
    to: str | None,
    address: str | None,
    now: int,
    lease: int,
) -> Owed:
    number = storable(change.job_id)
    row = cursor.execute(_LANE, numbered(to, number, address)).fetchone()
    if row is None:
        return Owed(known=False)
    unfinished, lane, *job = row[:8]
    if kind is NoticeKind.STARTED and not unfinished:
        return Owed(known=True)
    before, after = standing_of(row[8:], now), change.after // timedelta(microseconds=1)
    new = queued_in(before, None if after else change.token, now, lease, after)
    owed = (lane, new.tail, number, now, kind.value, change.body, change.trace)
    run_for_rows(cursor, ADD_NOTICES, [owed])
    queue(cursor, {lane: new}, now)
    if not before.idle:
        if passes_by(before.passes, kind):
            let_through(cursor, [lane], now + after)
        return Owed(known=True)
    if new.token is None:
        return Owed(known=True)
    notice = make_notice(new.tail, change.job_id, job, now, kind, change.body, change.trace)
    return Owed(known=True, claim=claim_of(lane, new.token, now + lease, (notice,), before.claimed, now=now))
