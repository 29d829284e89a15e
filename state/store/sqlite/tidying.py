"""Take away what turns leave behind, on SQLite: a few rows a step, between the writes of turns."""

from sqlite3 import Cursor

import orjson

from state.store.retention import LOOKED_AT_TOGETHER
from state.store.rows import UNFINISHED
from state.store.sqlite.once import forget_old
from state.store.sqlite.queueing import NEWEST
from state.store.sqlite.sql import as_json, read_json
from state.store.sqlite.statements import numbered
from state.store.succession import PACED_FOR, SHARED, SHARED_FOR

LOOK = (
    "SELECT json_group_array(lane) FROM (SELECT lane FROM ("
    "SELECT lane FROM (SELECT lane FROM lanes WHERE lane > ?1 ORDER BY lane LIMIT ?2)"
    " UNION SELECT lane FROM (SELECT lane FROM moved WHERE lane > ?1 ORDER BY lane LIMIT ?2)"
    ") ORDER BY lane LIMIT ?2)"
)

_RUNS = (
    "(EXISTS (SELECT 1 FROM jobs AS k WHERE k.lane = k.tenant AND k.lane = {lane}"
    f" AND k.status IN {UNFINISHED}) OR EXISTS (SELECT 1 FROM jobs AS k"
    f" WHERE k.tenant <> k.lane AND k.lane = {{lane}} AND k.status IN {UNFINISHED}))"
)

# Nothing waits in it, nothing is set, and the channel has forgotten what was sent.
_IDLE = (
    "lanes.lane IN (SELECT value FROM json_each(?1)) AND due_at IS NULL AND token IS NULL"
    " AND parked_at IS NULL AND preferences IS NULL AND coalesce(not_before, 0) <= ?2"
    " AND coalesce(idle_since, 0) <= ?3"
)

# What a row of a version before says of where its conversation is.
KEEP_ADDRESS = (
    "INSERT INTO moved (lane, service_url) SELECT lanes.lane, lanes.service_url"
    f" FROM lanes JOIN jobs AS j ON j.id = {NEWEST.format(lane='lanes.lane')}"
    f" WHERE {_IDLE} AND lanes.service_url <> '' AND {_RUNS.format(lane='lanes.lane')}"
    " AND instr(j.reference, '\"serviceUrl\":\"' || lanes.service_url || '\"') = 0"
    " ON CONFLICT DO NOTHING"
)
FORGET_LANES = f"DELETE FROM lanes WHERE {_IDLE}"
# Without a job that runs, the next one says where the conversation is; but of those that take only answers,
# an earlier address is known from here alone.
FORGET_ADDRESSES = (
    "DELETE FROM moved WHERE lane IN (SELECT value FROM json_each(?))"
    f" AND NOT {_RUNS.format(lane='moved.lane')} AND EXISTS (SELECT 1 FROM jobs AS j"
    f" WHERE j.id = {NEWEST.format(lane='moved.lane')} AND instr(j.reference, '\"serviceUrl\":') > 0)"
)


def tidy(cursor: Cursor, after: str, now: int) -> str | None:
    """Look at some rows from the key *after* on; return where the next look goes on, None at the end."""
    more = forget_old(cursor, now, LOOKED_AT_TOGETHER)
    shared = _still_shared(cursor, now)
    looked_at = read_json(cursor, LOOK, numbered(after, LOOKED_AT_TOGETHER))
    lanes = as_json(looked_at)
    if not shared:
        idle = numbered(lanes, now, now - PACED_FOR)
        cursor.execute(KEEP_ADDRESS, idle)
        cursor.execute(FORGET_LANES, idle)
    cursor.execute(FORGET_ADDRESSES, (lanes,))
    if len(looked_at) == LOOKED_AT_TOGETHER:
        return str(looked_at[-1])
    return after if more else None


def _still_shared(cursor: Cursor, now: int) -> bool:
    """
    Return whether versions before may still serve; take away what they need once there are none.

    See `state.store.succession`.
    """
    row = cursor.execute("SELECT body FROM documents WHERE key = ?", (SHARED,)).fetchone()
    if row is None:
        return False
    since = orjson.loads(row[0])["since"]
    if since is None:
        body = orjson.dumps({"since": now}).decode()
        cursor.execute("UPDATE documents SET body = ? WHERE key = ?", (body, SHARED))
        return True
    if since + SHARED_FOR > now:
        return True
    cursor.execute("DROP TRIGGER IF EXISTS keep_lane_of_job")
    cursor.execute("DROP INDEX IF EXISTS jobs_once_per_activity")
    cursor.execute("DELETE FROM documents WHERE key = ?", (SHARED,))
    return False
