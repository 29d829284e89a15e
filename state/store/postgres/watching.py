"""Statements over watches."""

from collections.abc import Sequence

from jobs.changes import OweReply
from jobs.job import JOB_ID_LIMIT, JobId
from jobs.lane import LaneKey
from jobs.watching import WATCHES, Watch
from state.store.postgres.database import Connection
from state.store.postgres.owing import owe_reply
from state.store.postgres.sql import LOCK_LANES, NOW
from state.store.postgres.times import Times
from state.store.rows import JOB, UNFINISHED, job_of
from state.store.watching import MARGIN, TOLD_TOGETHER, WATCH, EndWatched, title_like, watch_of

ENDED = f"""
SELECT {JOB} FROM jobs AS j WHERE j.watched = 1 AND j.status NOT IN {UNFINISHED}
ORDER BY j.id LIMIT {TOLD_TOGETHER}
"""

# Jobs are locked in the order of their numbers, like everywhere.
_MARK_RUNNING = rf"""
UPDATE jobs SET watched = 1 WHERE id IN (
    SELECT id FROM jobs WHERE watched = 0 AND status IN {UNFINISHED} AND title ILIKE $1 ESCAPE '\'
    ORDER BY id FOR UPDATE
)
"""

_MARK_NEW = r"""
UPDATE jobs SET watched = 1 WHERE id IN (
    SELECT id FROM jobs AS j WHERE watched = 0 AND id > $1 AND EXISTS (SELECT 1 FROM watches AS w
        WHERE w.title_like IS NOT NULL AND j.title ILIKE w.title_like ESCAPE '\')
    ORDER BY id FOR UPDATE
)
"""

_KEEP = f"""
INSERT INTO watches ({WATCH}, title_like, marked_through)
SELECT $2::text, $3::text, $4::text, $5::bigint, $6::text, $7::text, {NOW}, $8::text,
    CASE WHEN $8::text IS NOT NULL THEN (SELECT coalesce(max(id), 0) FROM jobs) END
WHERE (SELECT count(*) FROM watches WHERE lane = $2 AND target <> $3) < {WATCHES}
ON CONFLICT (lane, target) DO UPDATE SET target = excluded.target RETURNING target
"""


async def watch(connection: Connection, wanted: Watch, times: Times) -> bool:
    """Keep a watch, and mark the jobs that it is about; return whether there was room for it."""
    pattern = title_like(wanted)
    if not await connection.fetch(_KEEP, times.now, *wanted[:6], pattern):
        return False
    if wanted.job_id is None:
        await connection.execute(_MARK_RUNNING, pattern)
    else:
        one = "UPDATE jobs SET watched = 1 WHERE id = $1 AND watched = 0"
        await connection.execute(one, min(wanted.job_id, JOB_ID_LIMIT))
    return True


async def unwatch(connection: Connection, lane: LaneKey, target: str | None) -> int:
    """Forget one watch of a conversation, or all; return how many there were."""
    these = "DELETE FROM watches WHERE lane = $1 AND target = coalesce($2::text, target) RETURNING target"
    return len(await connection.fetch(these, lane, target))


async def watches_of(connection: Connection, lane: LaneKey) -> list[Watch]:
    """Return what a conversation watches, the oldest first."""
    of_lane = f"SELECT {WATCH} FROM watches WHERE lane = $1 ORDER BY created_at, target"
    return [watch_of([*row.values()]) for row in await connection.fetch(of_lane, lane)]


async def unmarked(connection: Connection) -> bool:
    """Return whether there are jobs that no pattern has been compared with."""
    [row] = await connection.fetch(
        "SELECT first < coalesce((SELECT max(id) FROM jobs), 0) AS some"
        " FROM (SELECT min(marked_through) AS first FROM watches) AS w"
    )
    return bool(row["some"])


async def mark(connection: Connection) -> None:
    """Mark the new jobs that patterns fit."""
    [row] = await connection.fetch(
        "SELECT min(marked_through) AS first, (SELECT max(id) FROM jobs) AS newest FROM watches"
    )
    if row["first"] is None:
        return
    await connection.execute(_MARK_NEW, row["first"] - MARGIN)
    through = "UPDATE watches SET marked_through = $1 WHERE marked_through < $1"
    await connection.execute(through, row["newest"])


async def ended(connection: Connection) -> list[EndWatched]:
    """Return jobs that have ended and whose watchers are to be told."""
    found = []
    for job in [job_of([*row.values()]) for row in await connection.fetch(ENDED)]:
        about = f"SELECT {WATCH} FROM watches WHERE job_id = $1 OR job_id IS NULL"
        rows = await connection.fetch(about, job.id)
        found.append(EndWatched(job, [watch_of([*row.values()]) for row in rows]))
    return found


async def tell_watchers(
    connection: Connection, job_id: JobId, replies: Sequence[OweReply], times: Times
) -> bool:
    """Owe the replies to the watchers of an ended job, once; return whether that was still to be done."""
    told = "UPDATE jobs SET watched = 2 WHERE id = $1 AND watched = 1 RETURNING id"
    if not await connection.fetch(told, job_id):
        return False
    await connection.fetch(LOCK_LANES, times.now, sorted(reply.lane for reply in replies))
    for reply in replies:
        await owe_reply(connection, reply, times)
    await connection.execute("DELETE FROM watches WHERE job_id = $1", job_id)
    return True
