"""
Keep attempts, with statements of their own before the one that settles.

They are fenced by the claim's token, too. If settling then fails and is repeated, an attempt may be kept
twice.
"""

from collections.abc import Sequence
from typing import Any

from jobs.attempts import KEPT_ATTEMPTS
from jobs.notice import Claim
from state.store.attempts import ATTEMPT, ATTEMPT_WIDTH, KEPT_FOR, SWEPT_TOGETHER, may_be_many
from state.store.postgres.database import Connection
from state.store.postgres.sql import NOW, columns
from state.store.postgres.times import Times

KEEP = f"""
INSERT INTO attempts (at, {ATTEMPT})
SELECT {NOW}, a.lane, a.seq, a.through, a.job_id, a.outcome, a.status, a.code, a.retry_after,
    {NOW} + a.next_in
FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::integer[], $8::text[],
    $9::bigint[], $10::bigint[], $11::text[])
    AS a (lane, seq, through, job_id, outcome, status, code, retry_after, next_in, token)
JOIN lanes AS l ON l.lane = a.lane AND l.token = a.token
ON CONFLICT DO NOTHING
"""

PRUNE = f"""
DELETE FROM attempts AS t USING unnest($1::text[], $2::bigint[]) AS a (lane, seq)
WHERE t.lane = a.lane AND t.seq = a.seq AND t.at <= (
    SELECT at FROM attempts AS o WHERE o.lane = a.lane AND o.seq = a.seq
    ORDER BY at DESC LIMIT 1 OFFSET {KEPT_ATTEMPTS})
"""

SWEEP = f"""
DELETE FROM attempts WHERE (lane, seq, at) IN (
    SELECT lane, seq, at FROM attempts WHERE at < {NOW} - {KEPT_FOR} ORDER BY at LIMIT {SWEPT_TOGETHER}
    FOR UPDATE SKIP LOCKED)
"""


async def keep_attempts(
    connection: Connection, rows: Sequence[tuple[Claim, tuple[Any, ...]]], times: Times
) -> None:
    """
    Keep the columns `ATTEMPT` of each claim's attempt, and forget the oldest of many.

    The last column is the time until the next attempt, in microseconds.
    """
    if not rows:
        return
    kept = [(*row, claim.token) for claim, row in rows]
    await connection.execute(KEEP, times.now, *columns(kept, ATTEMPT_WIDTH + 1))
    many = [(claim.lane, claim.notices[0].seq) for claim, _ in rows if may_be_many(claim)]
    if many:
        await connection.execute(PRUNE, *columns(many, 2))
    await connection.execute(SWEEP, times.now)
