"""Take away what turns leave behind, on PostgreSQL: a few rows a step, and what others use is left alone."""

import orjson

from state.store.once import DAY, KEPT, RINGS, SLOT
from state.store.postgres.database import Connection
from state.store.postgres.sql import NEWEST, NOW
from state.store.postgres.times import Times
from state.store.retention import LOOKED_AT_TOGETHER
from state.store.rows import UNFINISHED
from state.store.succession import IS_SHARED, PACED_FOR, SHARED, SHARED_FOR

LOOK = f"""
SELECT lane FROM (
    (SELECT lane FROM lanes WHERE lane > $1 ORDER BY lane LIMIT {LOOKED_AT_TOGETHER})
    UNION (SELECT lane FROM moved WHERE lane > $1 ORDER BY lane LIMIT {LOOKED_AT_TOGETHER})
) AS keys ORDER BY lane LIMIT {LOOKED_AT_TOGETHER}
"""

_RUNS = f"""(
    EXISTS (
        SELECT 1 FROM jobs AS k WHERE k.tenant = {{lane}} AND k.lane = {{lane}} AND k.status IN {UNFINISHED}
    ) OR EXISTS (
        SELECT 1 FROM jobs AS k WHERE k.tenant <> k.lane AND k.lane = {{lane}} AND k.status IN {UNFINISHED}
    )
)"""

# Nothing waits in it, nothing is set, and the channel has forgotten what was sent. What a row of a version
# before says of where its conversation is stays known.
FORGET_LANES = f"""
WITH idle AS (
    SELECT lane, service_url FROM lanes WHERE lane = ANY ($2::text[]) AND due_at IS NULL AND token IS NULL
    AND parked_at IS NULL AND preferences IS NULL AND coalesce(not_before <= {NOW}, true)
    AND coalesce(idle_since, 0) <= {NOW} - {PACED_FOR} AND NOT {IS_SHARED}
    ORDER BY lane FOR UPDATE SKIP LOCKED
), kept AS (
    INSERT INTO moved (lane, service_url)
    SELECT l.lane, l.service_url FROM idle AS l JOIN jobs AS j ON j.id = {NEWEST.format(lane="l.lane")}
    WHERE l.service_url <> '' AND strpos(j.reference, '"serviceUrl":"' || l.service_url || '"') = 0
    AND {_RUNS.format(lane="l.lane")}
    ORDER BY l.lane ON CONFLICT DO NOTHING
)
DELETE FROM lanes AS l USING idle WHERE l.lane = idle.lane
"""

# Without a job that runs, the next one says where the conversation is; but of those that take only answers,
# an earlier address is known from here alone.
FORGET_ADDRESSES = f"""
DELETE FROM moved AS m WHERE lane = ANY ($1::text[]) AND NOT {_RUNS.format(lane="m.lane")} AND EXISTS (
    SELECT 1 FROM jobs AS j
    WHERE j.id = {NEWEST.format(lane="m.lane")} AND strpos(j.reference, '"serviceUrl":') > 0
)
"""

# The partition of the day that comes next holds the oldest one. Whoever's clock is ahead may have used it.
_OLDEST = f"SELECT {NOW} / {SLOT} / {DAY} % {RINGS} AS today, {NOW} / {SLOT} - {KEPT} AS kept"
_IS_OLD = "SELECT EXISTS (SELECT 1 FROM {once}) AND NOT EXISTS (SELECT 1 FROM {once} WHERE slot >= $1) AS old"

_SINCE = f"SELECT body, {NOW} AS now FROM documents WHERE key = $2 FOR UPDATE SKIP LOCKED"
_END = (
    "DROP TRIGGER IF EXISTS keep_lane_of_job ON jobs",
    "DROP FUNCTION IF EXISTS keep_lane_of_job",
    "ALTER TABLE jobs DROP CONSTRAINT IF EXISTS jobs_once_per_activity",
    f"DELETE FROM documents WHERE key = '{SHARED}'",
)


async def tidy(connection: Connection, after: str, times: Times) -> str | None:
    """Look at some rows from the key *after* on; return where the next look goes on, None at the end."""
    if not after:
        await _empty_oldest(connection, times)
        async with connection.transaction():
            await _end_sharing(connection, times)
    lanes = [row["lane"] for row in await connection.fetch(LOOK, after)]
    await connection.execute(FORGET_LANES, times.now, lanes)
    await connection.execute(FORGET_ADDRESSES, lanes)
    return str(lanes[-1]) if len(lanes) == LOOKED_AT_TOGETHER else None


async def _empty_oldest(connection: Connection, times: Times) -> None:
    [row] = await connection.fetch(_OLDEST, times.now)
    once = f"once_{(row['today'] + 1) % RINGS}"
    [found] = await connection.fetch(_IS_OLD.format(once=once), row["kept"])
    if found["old"]:
        await connection.execute(f"TRUNCATE {once}")


async def _end_sharing(connection: Connection, times: Times) -> None:
    """Take away what versions before need, once there are none: see `state.store.succession`."""
    for row in await connection.fetch(_SINCE, times.now, SHARED):
        since = orjson.loads(row["body"])["since"]
        if since is None:
            body = orjson.dumps({"since": row["now"]}).decode()
            await connection.execute("UPDATE documents SET body = $1 WHERE key = $2", body, SHARED)
        elif since + SHARED_FOR <= row["now"]:
            for statement in _END:
                await connection.execute(statement)
