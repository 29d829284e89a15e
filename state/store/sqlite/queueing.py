"""
Queue notices in lanes. A lane has a row only while something waits or is set.

Each statement runs inside the caller's transaction.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from sqlite3 import Cursor
from typing import Any, NamedTuple

from state.store.leases import probe_after
from state.store.rows import CLAIMED, PLACE_OF_ADDRESS, claimed_anew
from state.store.sqlite.sql import run_for_rows

_NEWEST_OF = "SELECT id FROM jobs AS k WHERE {of} AND k.lane = {lane} ORDER BY id DESC LIMIT 1"
_ALONE = _NEWEST_OF.replace("{of}", "k.lane = k.tenant")
_TOGETHER = _NEWEST_OF.replace("{of}", "k.tenant <> k.lane")

#: The number of the newest job of a conversation, in the words of the indexes that know it.
NEWEST = f"nullif(max(coalesce(({_ALONE}), 0), coalesce(({_TOGETHER}), 0)), 0)"

#: The same of the conversation of the job `j`.
_NEWEST_BESIDE = f"CASE WHEN j.tenant = j.lane THEN ({_ALONE}) ELSE ({_TOGETHER}) END".format(lane="j.lane")

#: Where the conversation of the job `j` was last heard from. What is no JSON was stored by hand.
ADDRESS = (
    "coalesce((SELECT m.service_url FROM moved AS m WHERE m.lane = j.lane),"
    " (SELECT CASE WHEN json_valid(n.reference) THEN json_extract(n.reference, '$.serviceUrl') END"
    f" FROM jobs AS n WHERE n.id = {_NEWEST_BESIDE}))"
)

#: The columns of `standing_of`, from `jobs AS j LEFT JOIN lanes AS l`: *lane* and *address* are SQL for a
#: lane without a row.
STANDING = (
    f"l.head, l.tail, l.parked_at, l.not_before, l.passes, {CLAIMED},"
    " CASE WHEN l.lane IS NULL THEN (SELECT max(seq) FROM notices WHERE lane = {lane}) END,"
    " CASE WHEN l.service_url IS NULL THEN coalesce({address}, '') END"
)
STANDING_OF_JOB = STANDING.format(lane="j.lane", address=ADDRESS)

ADD_NOTICES = "INSERT INTO notices (lane, seq, job_id, created_at, kind, body, trace) VALUES {rows}"

ADD_LANES = "INSERT INTO lanes (lane, head, tail, due_at, token, service_url) VALUES {rows}"
# A parked lane in which nothing waited gets its first probe.
QUEUE = (
    "UPDATE lanes SET tail = column2, due_at = coalesce(due_at, column3),"
    " service_url = coalesce(service_url, column4)"
    " FROM (VALUES {rows}) WHERE lane = column1"
)
# An idle lane is leased with the same statement; a lane that is held, parked or deferred is not.
QUEUE_IN_IDLE = (
    "UPDATE lanes SET tail = column2, due_at = column3, token = column4,"
    " service_url = coalesce(service_url, column5)"
    " FROM (VALUES {rows}) WHERE lane = column1"
)

# What quiet hours let through is due in a lane that they hold.
_LET_THROUGH = (
    "UPDATE lanes SET due_at = ? WHERE lane = ? AND passes IS NOT NULL AND token IS NULL"
    " AND parked_at IS NULL"
)

_KEEP_LANE = "INSERT INTO lanes (lane, head, tail) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_BEGUN = "SELECT max(seq) FROM notices WHERE lane = ?"


class Standing(NamedTuple):
    """How a lane stands before something is queued in it."""

    is_new: bool  #: It has no row yet.
    head: int
    tail: int
    parked_at: int | None
    not_before: int | None
    passes: str | None
    claimed: Sequence[Any]  #: The columns `CLAIMED`.

    @property
    def idle(self) -> bool:
        """Whether nothing waits in it, and it is not parked."""
        return self.tail == self.head and self.parked_at is None


class QueuedLane(NamedTuple):
    """A lane after one more notice was queued in it."""

    before: Standing
    tail: int
    due_at: int
    token: str | None


def standing_of(columns: Sequence[Any], now: int) -> Standing:
    """Return how a lane stands, from the columns `STANDING`."""
    head, tail, parked_at, not_before, passes, *claimed, newest, address = columns
    if head is not None:
        claimed[PLACE_OF_ADDRESS] = claimed[PLACE_OF_ADDRESS] or address
        return Standing(False, head, tail, parked_at, not_before, passes, claimed)
    begins_at = beginning(newest, now)
    return Standing(True, begins_at, begins_at, None, None, None, claimed_anew(address))


def beginning(newest: int | None, now: int) -> int:
    """Return where the places of a new row begin: behind *newest*, which a dead letter may still have."""
    return max(now, newest or 0)


def queued_in(before: Standing, token: str | None, now: int, lease: int, after: int = 0) -> QueuedLane:
    """Return the state of a lane with one more notice: leased with *token*, due *after*, or deferred."""
    if before.not_before is not None and before.not_before > now:
        return QueuedLane(before, before.tail + 1, before.not_before, None)
    return QueuedLane(before, before.tail + 1, now + (after if token is None else lease), token)


def queue(cursor: Cursor, lanes: Mapping[str, QueuedLane], now: int) -> None:
    """Store how *lanes* stand now."""
    new, idle, busy = [], [], []
    for lane, queued in lanes.items():
        address = queued.before.claimed[PLACE_OF_ADDRESS]
        if queued.before.is_new:
            new.append((lane, queued.before.head, queued.tail, queued.due_at, queued.token, address))
        elif queued.before.idle:
            idle.append((lane, queued.tail, queued.due_at, queued.token, address))
        else:
            busy.append((lane, queued.tail, first_probe(now), address))
    run_for_rows(cursor, ADD_LANES, new)
    run_for_rows(cursor, QUEUE_IN_IDLE, idle)
    run_for_rows(cursor, QUEUE, busy)


def let_through(cursor: Cursor, lanes: Collection[str], now: int) -> None:
    """Make lanes due that quiet hours hold: something is in them that does not wait."""
    if lanes:
        cursor.executemany(_LET_THROUGH, [(now, lane) for lane in lanes])


def keep_lane(cursor: Cursor, lane: str, now: int) -> None:
    """Give the lane a row, unless it has one: something is set, or is about to wait."""
    (newest,) = cursor.execute(_BEGUN, (lane,)).fetchone()
    begins_at = beginning(newest, now)
    cursor.execute(_KEEP_LANE, (lane, begins_at, begins_at))


def first_probe(now: int) -> int:
    """Return when a lane that is parked is tried; a lane that is not parked has an instant already."""
    return now + probe_after(0) // timedelta(microseconds=1)
