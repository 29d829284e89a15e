"""The statement over parked lanes."""

from sqlite3 import Cursor

from instants import micros
from jobs.lane import ParkedLane
from state.store.rows import PARKED, parked_lane_of


def list_parked(cursor: Cursor, *, limit: int, after: ParkedLane | None) -> list[ParkedLane]:
    """Return at most *limit* parked lanes, longest parked first, starting after *after*."""
    place = (0, "") if after is None else (micros(after.parked_at), after.lane)
    rows = cursor.execute(
        f"SELECT {PARKED} FROM lanes AS l WHERE l.parked_at IS NOT NULL AND (l.parked_at, l.lane) > (?, ?)"
        " ORDER BY l.parked_at, l.lane LIMIT ?",
        (*place, limit),
    )
    return [parked_lane_of(row) for row in rows]
