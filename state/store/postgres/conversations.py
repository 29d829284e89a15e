"""Conversation data beside jobs: welcomed members, bookmarks, and whether the lane is open."""

from collections.abc import Sequence
from datetime import timedelta

from instants import micros
from jobs.changes import Bookmark, DeferLane, ForgetMembers, ParkLane, WelcomeMembers
from jobs.lane import Heard, LaneKey
from jobs.preferences import Held
from state.store.paging import BOOKMARK, bookmark_row
from state.store.postgres.database import Connection
from state.store.postgres.sql import BEGINS_AT, FIRST_PROBE, NEWEST, NOW, columns
from state.store.postgres.times import Times
from state.store.rows import HELD, held_of

_WELCOME = """
INSERT INTO members (lane, member) SELECT DISTINCT $1, member FROM unnest($2::text[]) AS a (member)
ORDER BY member ON CONFLICT DO NOTHING RETURNING member
"""

_BOOKMARK = f"""
INSERT INTO bookmarks ({BOOKMARK}) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (lane) DO UPDATE SET section = excluded.section, before = excluded.before,
    shown_section = excluded.shown_section, shown_before = excluded.shown_before,
    source_activity = excluded.source_activity
"""

# A conversation without jobs has nothing to keep.
_PARK = f"""
INSERT INTO lanes AS l (lane, head, tail, parked_at, last_error)
SELECT $2, begins_at, begins_at, {NOW}, $3 FROM (SELECT {BEGINS_AT.format(lane="$2")} AS begins_at) AS new
WHERE {NEWEST.format(lane="$2")} IS NOT NULL OR EXISTS (SELECT 1 FROM lanes WHERE lane = $2)
ON CONFLICT (lane) DO UPDATE SET parked_at = coalesce(l.parked_at, {NOW}), token = NULL, last_error = $3,
    probes = 0, due_at = CASE WHEN l.tail > l.head THEN {NOW} + {FIRST_PROBE} END
"""

_DEFER = f"""
INSERT INTO lanes AS l (lane, head, tail, not_before)
SELECT $2, begins_at, begins_at, $3::bigint FROM (SELECT {BEGINS_AT.format(lane="$2")} AS begins_at) AS new
WHERE $3::bigint IS NOT NULL OR EXISTS (SELECT 1 FROM lanes WHERE lane = $2)
ON CONFLICT (lane) DO UPDATE SET not_before = $3::bigint,
    due_at = CASE WHEN l.due_at IS NULL OR l.token IS NOT NULL THEN l.due_at
        WHEN l.due_at = l.not_before THEN greatest({NOW}, $3::bigint)
        ELSE greatest(l.due_at, {NOW}, $3::bigint) END
"""

# Usually nothing changes; then no row is locked or written. `state.store.moved` says when one has moved.
HEAR = f"""
WITH heard AS (
    SELECT * FROM unnest($2::text[], $3::text[], $4::bigint[]) AS a (lane, service_url, spoke_ago)
), moves AS (
    INSERT INTO moved (lane, service_url)
    SELECT h.lane, h.service_url FROM heard AS h LEFT JOIN moved AS m ON m.lane = h.lane
    LEFT JOIN jobs AS j ON j.id = {NEWEST.format(lane="h.lane")}
    WHERE h.service_url <> '' AND CASE WHEN m.lane IS NOT NULL THEN m.service_url <> h.service_url
        ELSE strpos(j.reference, '"serviceUrl":"' || h.service_url || '"') = 0 END
    ORDER BY h.lane ON CONFLICT (lane) DO UPDATE SET service_url = excluded.service_url RETURNING lane
), changed AS (
    SELECT l.lane, coalesce(nullif(a.service_url, ''), l.service_url) AS service_url,
        coalesce(l.parked_at <= {NOW} - a.spoke_ago, false) AS opens
    FROM heard AS a JOIN lanes AS l ON l.lane = a.lane
    WHERE l.service_url <> coalesce(nullif(a.service_url, ''), l.service_url)
        OR l.parked_at <= {NOW} - a.spoke_ago
    ORDER BY l.lane FOR UPDATE OF l
), hears AS (
    UPDATE lanes AS l SET service_url = c.service_url,
        parked_at = CASE WHEN c.opens THEN NULL ELSE l.parked_at END,
        attempts = CASE WHEN c.opens THEN 0 ELSE l.attempts END,
        last_error = CASE WHEN c.opens THEN NULL ELSE l.last_error END,
        waited = CASE WHEN c.opens THEN l.tail ELSE l.waited END,
        first_attempt_at = CASE WHEN c.opens THEN NULL ELSE l.first_attempt_at END,
        unknowns = CASE WHEN c.opens THEN 0 ELSE l.unknowns END,
        probes = CASE WHEN c.opens THEN 0 ELSE l.probes END,
        due_at = CASE WHEN NOT c.opens OR l.token IS NOT NULL THEN l.due_at
            WHEN l.tail > l.head THEN greatest({NOW}, l.not_before) END
    FROM changed AS c WHERE l.lane = c.lane
    RETURNING l.lane
)
SELECT lane FROM hears UNION SELECT lane FROM moves
"""


async def welcome_members(connection: Connection, change: WelcomeMembers) -> tuple[str, ...]:
    """Store the members; return the new ones, each once, in their order."""
    rows = await connection.fetch(_WELCOME, change.lane, list(change.members))
    new = {row["member"] for row in rows}
    return tuple(member for member in dict.fromkeys(change.members) if member in new)


async def forget_members(connection: Connection, change: ForgetMembers) -> None:
    """Delete the members."""
    await connection.execute(
        "DELETE FROM members WHERE lane = $1 AND member = ANY ($2::text[])", change.lane, list(change.members)
    )


async def set_bookmark(connection: Connection, change: Bookmark) -> None:
    """Set or delete the lane's bookmark."""
    if change.end is None:
        await connection.execute("DELETE FROM bookmarks WHERE lane = $1", change.lane)
    else:
        await connection.execute(_BOOKMARK, *bookmark_row(change, change.end))


async def park_lane(connection: Connection, change: ParkLane, times: Times) -> None:
    """Park the lane of a conversation that has jobs, and end any lease on it."""
    await connection.execute(_PARK, times.now, change.lane, change.reason)


async def defer_lane(connection: Connection, change: DeferLane, times: Times) -> None:
    """
    Send nothing in the lane before an instant; with None, open it again.

    Due notices become due at that instant; a retry that is due later and a lease are not changed.
    """
    until = None if change.until is None else micros(change.until)
    await connection.execute(_DEFER, times.now, change.lane, until)


async def held_in(connection: Connection, lane: LaneKey) -> Held:
    """Return what waits in a lane, and until when."""
    rows = await connection.fetch(f"SELECT {HELD} FROM lanes AS l WHERE l.lane = $1", lane)
    return held_of([*rows[0].values()] if rows else None)


async def hear(connection: Connection, heard: Sequence[Heard], times: Times) -> bool:
    """Store the service URLs, and open the lanes of those that speak; return whether any lane changed."""
    last: dict[LaneKey, tuple[str, int | None]] = {}
    for each in heard:
        spoke_ago = (
            each.ago // timedelta(microseconds=1) if each.speaks else last.get(each.lane, ("", None))[1]
        )
        last[each.lane] = (each.service_url, spoke_ago)
    rows = [(lane, *signs) for lane, signs in last.items()]
    return bool(await connection.fetch(HEAR, times.now, *columns(rows, 3)))
