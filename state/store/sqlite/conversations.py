"""Conversation data beside jobs: welcomed members, bookmarks, and whether the lane is open."""

from collections.abc import Sequence
from datetime import timedelta
from sqlite3 import Cursor
from typing import NamedTuple

from instants import micros
from jobs.changes import Bookmark, DeferLane, ForgetMembers, ParkLane, WelcomeMembers
from jobs.lane import Heard, LaneKey
from jobs.preferences import Held
from state.store.moved import moves_to
from state.store.paging import BOOKMARK, bookmark_row
from state.store.rows import HELD, held_of
from state.store.sqlite.queueing import NEWEST, first_probe, keep_lane
from state.store.sqlite.sql import as_json, read_json
from state.store.sqlite.statements import numbered

# Of these conversations, the address in `lanes`, the one in `moved`, and the reference of the newest job; in
# one statement for all signs of life: after each statement this thread may have to wait for the GIL.
HEARD = f"""
SELECT json_group_array(json_array(h.value, l.service_url, l.parked_at, m.service_url, j.reference))
FROM json_each(?) AS h LEFT JOIN lanes AS l ON l.lane = h.value LEFT JOIN moved AS m ON m.lane = h.value
LEFT JOIN jobs AS j ON j.id = {NEWEST.format(lane="h.value")}
"""
_HAS_JOBS = f"SELECT {NEWEST.format(lane='?1')} IS NOT NULL"

_MOVE = (
    "INSERT INTO moved (lane, service_url) VALUES (?, ?)"
    " ON CONFLICT (lane) DO UPDATE SET service_url = excluded.service_url"
)

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
    """Park the lane of a conversation that has jobs, and end any lease on it."""
    if cursor.execute(_HAS_JOBS, numbered(change.lane)).fetchone()[0]:
        keep_lane(cursor, change.lane, now)
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
    if not_before is not None:
        keep_lane(cursor, change.lane, now)
    cursor.execute(
        "UPDATE lanes SET not_before = ?1, due_at = CASE WHEN due_at IS NULL OR token IS NOT NULL THEN due_at"
        " WHEN due_at = not_before THEN ?2 ELSE max(due_at, ?2) END WHERE lane = ?3",
        numbered(not_before, due_at, change.lane),
    )


def held_in(cursor: Cursor, lane: LaneKey) -> Held:
    """Return what waits in a lane, and until when."""
    return held_of(cursor.execute(f"SELECT {HELD} FROM lanes AS l WHERE l.lane = ?", (lane,)).fetchone())


class Hearing(NamedTuple):
    """A sign of life that changes something."""

    heard: Heard
    moves: bool  #: It was last heard from somewhere else.


def changed_by_hearing(cursor: Cursor, heard: Sequence[Heard], now: int) -> list[Hearing]:
    """Return the signs of life for which `hear` would change something; usually there are none."""
    by_lane = {each.lane: each for each in heard}
    hearings = []
    for lane, *stored in read_json(cursor, HEARD, (as_json([*by_lane]),)):
        hearing = _hearing(by_lane[lane], now, *stored)
        if hearing is not None:
            hearings.append(hearing)
    return hearings


def _hearing(
    heard: Heard,
    now: int,
    of_lane: str | None,
    parked_at: int | None,
    moved_to: str | None,
    reference: str | None,
) -> Hearing | None:
    moves = bool(heard.service_url) and moves_to(heard.service_url, moved_to, reference)
    spoke_at = _spoke_at(heard, now)
    opens = parked_at is not None and spoke_at is not None and parked_at <= spoke_at
    differs = of_lane is not None and heard.service_url not in ("", of_lane)
    return Hearing(heard, moves) if moves or opens or differs else None


def hear(cursor: Cursor, hearings: Sequence[Hearing], now: int) -> None:
    """Store the service URLs; open the parked lanes of those that speak."""
    heard = [each.heard for each in hearings]
    cursor.executemany(_MOVE, [(each.heard.lane, each.heard.service_url) for each in hearings if each.moves])
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
