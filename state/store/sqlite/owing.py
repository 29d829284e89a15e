"""Owe a notice in addition to the one about a job's end."""

from sqlite3 import Cursor

from jobs.changes import Owed, OweNotice
from state.store.rows import CLAIMED, claim_of, make_notice
from state.store.sqlite.completing import ADD_NOTICES, QUEUE, QUEUE_IN_IDLE, first_probe, queued_in
from state.store.sqlite.reading import storable
from state.store.sqlite.sql import run_for_rows

_LANE = (
    f"SELECT l.lane, j.title, j.tenant, j.reference, l.head, l.tail, l.parked_at, l.not_before, {CLAIMED}"
    " FROM jobs AS j JOIN lanes AS l USING (lane) WHERE j.id = ?"
)


def owe_notice(cursor: Cursor, change: OweNotice, now: int, lease: int) -> Owed:
    """Queue the notice in the lane of its job; an idle lane is leased to the caller's token."""
    number = storable(change.job_id)
    row = cursor.execute(_LANE, (number,)).fetchone()
    if row is None:
        return Owed(known=False)
    lane, title, tenant, reference, head, tail, parked_at, not_before, *claimed = row
    new = queued_in(tail == head and parked_at is None, tail, not_before, change.token, now, lease)
    run_for_rows(cursor, ADD_NOTICES, [(lane, new.tail, number, now, change.kind.value, change.body)])
    if not new.idle:
        run_for_rows(cursor, QUEUE, [(lane, new.tail, first_probe(now))])
        return Owed(known=True)
    run_for_rows(cursor, QUEUE_IN_IDLE, [(lane, *new[1:])])
    if new.token is None:
        return Owed(known=True)
    job = (title, tenant, reference)
    notice = make_notice(new.tail, change.job_id, job, now, change.kind, change.body)
    return Owed(known=True, claim=claim_of(lane, new.token, now + lease, (notice,), claimed, now=now))
