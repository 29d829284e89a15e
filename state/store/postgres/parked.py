"""The statement over parked lanes."""

from instants import micros
from jobs.lane import ParkedLane
from state.store.postgres.database import Connection
from state.store.rows import PARKED, parked_lane_of


async def list_parked(connection: Connection, *, limit: int, after: ParkedLane | None) -> list[ParkedLane]:
    """Return at most *limit* parked lanes, longest parked first, starting after *after*."""
    place = (0, "") if after is None else (micros(after.parked_at), after.lane)
    rows = await connection.fetch(
        f"SELECT {PARKED} FROM lanes AS l WHERE l.parked_at IS NOT NULL AND (l.parked_at, l.lane) > ($1, $2)"
        " ORDER BY l.parked_at, l.lane LIMIT $3",
        *place,
        limit,
    )
    return [parked_lane_of([*row.values()]) for row in rows]
