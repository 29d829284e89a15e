"""Delete old jobs on PostgreSQL."""

from collections.abc import Callable
from datetime import datetime

from instants import micros
from jobs.job import JobId
from state.store.postgres.database import Connection, Database
from state.store.postgres.sql import NEWEST
from state.store.postgres.tidying import tidy
from state.store.postgres.times import Times
from state.store.retention import LOOKED_AT_TOGETHER, Retention, Swept
from state.store.rows import UNFINISHED

# Numbers rise from job to job, so the old ones come first; they are no instants.
LOOK = f"""
SELECT max(id) AS last, max(created_at) AS newest, count(*) AS count
FROM (SELECT id, created_at FROM jobs WHERE id > $1 ORDER BY id LIMIT {LOOKED_AT_TOGETHER}) AS looked_at
"""

# Whoever owes a notice about a job locks it first. What is locked is in use, so it is not that old.
LOCK = f"""
SELECT id FROM jobs WHERE id > $1 AND id <= $2 AND status NOT IN {UNFINISHED} AND completed_at < $3
AND watched = 0 ORDER BY id FOR UPDATE SKIP LOCKED
"""

# All notices are looked at: there are few, and an index for this alone would cost each of them a page.
DELETE = """
WITH old AS (
    DELETE FROM jobs AS j WHERE id = ANY ($1::bigint[])
    AND NOT EXISTS (SELECT 1 FROM notices AS n WHERE n.job_id = j.id) RETURNING id, lane, tenant
), attempt AS (
    DELETE FROM attempts WHERE job_id IN (SELECT id FROM old)
), watch AS (
    DELETE FROM watches WHERE job_id IN (SELECT id FROM old)
), live AS (
    DELETE FROM live_messages WHERE job_id IN (SELECT id FROM old)
), counted AS (
    INSERT INTO totals (tenant, slot, jobs)
    SELECT whose.tenant, 0, -count(*)
    FROM old CROSS JOIN LATERAL (VALUES (''), (old.tenant)) AS whose (tenant)
    GROUP BY whose.tenant ORDER BY whose.tenant
    ON CONFLICT (tenant, slot) DO UPDATE SET jobs = totals.jobs + excluded.jobs
)
SELECT lane FROM old
"""

# Of these conversations, those in which nothing is any more. What a turn does meanwhile is not lost: at worst
# somebody is welcomed once more.
FORGET = f"""
WITH silent AS (
    SELECT given.lane FROM unnest($1::text[]) AS given (lane) LEFT JOIN lanes AS l ON l.lane = given.lane
    WHERE l.due_at IS NULL AND l.parked_at IS NULL AND l.preferences IS NULL AND l.not_before IS NULL
    AND {NEWEST.format(lane="given.lane")} IS NULL
    AND NOT EXISTS (SELECT 1 FROM notices AS n WHERE n.lane = given.lane)
    AND NOT EXISTS (SELECT 1 FROM watches AS w WHERE w.lane = given.lane)
), member AS (
    DELETE FROM members WHERE lane IN (SELECT lane FROM silent)
), address AS (
    DELETE FROM moved WHERE lane IN (SELECT lane FROM silent)
)
DELETE FROM bookmarks WHERE lane IN (SELECT lane FROM silent)
"""

_COUNT = f"""
SELECT count(*) AS count FROM jobs
WHERE status NOT IN {UNFINISHED} AND completed_at < $1 AND watched = 0
"""


class PostgresRetention(Retention):
    """Deletes in transactions of its own, and leaves alone what others use."""

    def __init__(self, database: Database, times: Callable[[], Times]) -> None:
        self._database = database
        self._times = times

    async def sweep(self, before: datetime, after: JobId | None = None) -> Swept:
        return await self._database.run(lambda connection: _sweep(connection, micros(before), after or 0))

    async def count(self, before: datetime) -> int:
        rows = await self._database.run(lambda connection: connection.fetch(_COUNT, micros(before)))
        return int(rows[0]["count"])

    async def tidy(self, after: str = "") -> str | None:
        return await self._database.run(lambda connection: tidy(connection, after, self._times()))


async def _sweep(connection: Connection, before: int, after: int) -> Swept:
    (looked_at,) = await connection.fetch(LOOK, after)
    last = looked_at["last"]
    if last is None:
        return Swept(0, None)
    async with connection.transaction():
        locked = [row["id"] for row in await connection.fetch(LOCK, after, last, before)]
        deleted = await connection.fetch(DELETE, locked) if locked else []
        if deleted:
            await connection.execute(FORGET, sorted({row["lane"] for row in deleted}))
    if looked_at["count"] < LOOKED_AT_TOGETHER or looked_at["newest"] >= before:
        return Swept(len(deleted), None)
    return Swept(len(deleted), JobId(last))
