"""Conversation data beside jobs: welcomed members, bookmarks, and whether the lane is open."""

from collections.abc import Sequence
from datetime import timedelta
from sqlite3 import Cursor

import orjson

from instants import micros
from jobs.changes import Bookmark, DeferLane, ForgetMembers, ParkLane, WelcomeMembers
from jobs.lane import Heard, LaneKey
from jobs.preferences import Held
from state.store.paging import BOOKMARK, bookmark_row
from state.store.rows import HELD, held_of
from state.store.sqlite.completing import first_probe

# One statement for all signs of life: after each statement this thread may have to wait for the GIL.
_HEARD = "SELECT lane, service_url, parked_at FROM lanes WHERE lane IN (SELECT value FROM json_each(?))"

_BOOKMARK = (
    f"INSERT INTO bookmarks ({BOOKMARK}) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (lane) DO UPDATE SET"
    " section = excluded.section, before = excluded.before, shown_section = excluded.shown_section,"
    " shown_before = excluded.shown_before, source_activity = excluded.source_activity"
)


def welcome_members(cursor: Cursor, change: WelcomeMembers) -> tuple[str, ...]:
    """Store the members; return the new ones, each once, in their order."""
    return tuple(
        member
        for member in change.members
        if cursor.execute(
            "INSERT INTO members (lane, member) VALUES (?, ?) ON CONFLICT DO NOTHING", (change.lane, member)
        ).rowcount
    )


def forget_members(cursor: Cursor, change: ForgetMembers) -> None:
    """Delete the members."""
    cursor.executemany(
        "DELETE FROM members WHERE lane = ? AND member = ?",
        [(change.lane, member) for member in change.members],
    )


def set_bookmark(cursor: Cursor, change: Bookmark) -> None:
    """Set or delete the lane's bookmark."""
    if change.end is None:
        cursor.execute("DELETE FROM bookmarks WHERE lane = ?", (change.lane,))
    else:
        cursor.execute(_BOOKMARK, bookmark_row(change, change.end))


def park_lane(cursor: Cursor, change: ParkLane, now: int) -> None:
    """Park the lane, and end any lease on it."""
    cursor.execute(
        "UPDATE lanes SET parked_at = coalesce(parked_at, ?), due_at = CASE WHEN tail > head THEN ? END,"
        " token = NULL, last_error = ?, probes = 0 WHERE lane = ?",
        (now, first_probe(now), change.reason, change.lane),
    )


def defer_lane(cursor: Cursor, change: DeferLane, now: int) -> None:
    """
    Send nothing in the lane before an instant; with None, open it again.

    Due notices become due at that instant; a retry that is due later and a lease are not changed.
    """
    not_before = None if change.until is None else micros(change.until)
    due_at = max(now, not_before or now)
    cursor.execute(
        "INSERT INTO lanes (lane, head, tail, not_before) VALUES (?, 0, 0, ?)"
        " ON CONFLICT (lane) DO UPDATE SET not_before = excluded.not_before,"
        " due_at = CASE WHEN due_at IS NULL OR token IS NOT NULL THEN due_at"
        " WHEN due_at = not_before THEN ? ELSE max(due_at, ?) END",
        (change.lane, not_before, due_at, due_at),
    )


def held_in(cursor: Cursor, lane: LaneKey) -> Held:
    """Return what waits in a lane, and until when."""
    return held_of(cursor.execute(f"SELECT {HELD} FROM lanes AS l WHERE l.lane = ?", (lane,)).fetchone())


def changed_by_hearing(cursor: Cursor, heard: Sequence[Heard], now: int) -> list[Heard]:
    """Return the signs of life for which `hear` would change a lane; usually there are none."""
    lanes = orjson.dumps([each.lane for each in heard]).decode()
    stored = {
        lane: (service_url, parked_at) for lane, service_url, parked_at in cursor.execute(_HEARD, (lanes,))
    }
    return [each for each in heard if each.lane in stored and _changes(each, *stored[each.lane], now)]


def _changes(heard: Heard, service_url: str | None, parked_at: int | None, now: int) -> bool:
    if heard.service_url and heard.service_url != service_url:
        return True
    spoke_at = _spoke_at(heard, now)
    return parked_at is not None and spoke_at is not None and parked_at <= spoke_at


def hear(cursor: Cursor, heard: Sequence[Heard], now: int) -> None:
    """Store the service URLs; open the parked lanes of those that speak."""
    cursor.executemany(
        "UPDATE lanes SET service_url = ? WHERE lane = ?",
        [(each.service_url, each.lane) for each in heard if each.service_url],
    )
    cursor.executemany(
        # A token means that a probe is under way; what waits behind it follows it.
        "UPDATE lanes SET parked_at = NULL, attempts = 0, last_error = NULL, waited = tail,"
        " first_attempt_at = NULL, unknowns = 0, probes = 0,"
        " due_at = CASE WHEN token IS NOT NULL THEN due_at"
        " WHEN tail > head THEN max(?, coalesce(not_before, 0)) END"
        " WHERE lane = ? AND parked_at <= ?",
        [(now, each.lane, _spoke_at(each, now)) for each in heard],
    )


def _spoke_at(heard: Heard, now: int) -> int | None:
    """Return when the conversation spoke: lanes parked until then are opened. None opens no lane."""
    return now - heard.ago // timedelta(microseconds=1) if heard.speaks else None
