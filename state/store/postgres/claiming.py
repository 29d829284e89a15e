"""Claiming lanes and holding them."""

from collections.abc import Sequence
from datetime import timedelta

from instants import micros
from jobs.notice import Claim, Notice
from state.store.leases import LONGEST_WAIT
from state.store.postgres.database import Connection
from state.store.postgres.sql import NOW, columns
from state.store.postgres.times import Times
from state.store.rows import CLAIMED, CLAIMED_WIDTH, NOTICE, NOTICES_PER_CLAIM, claim_of, notice_of

# A lane whose lease expired still has its token: its holder crashed or hung during an attempt, so that
# attempt is counted. Lanes that another replica is claiming at the same time are skipped.
CLAIM = f"""
WITH due AS (
    SELECT lane, due_at FROM lanes WHERE due_at <= {NOW} AND coalesce(not_before <= {NOW}, true)
    ORDER BY due_at LIMIT cardinality($3::text[]) FOR UPDATE SKIP LOCKED
), mine AS (
    SELECT lane, row_number() OVER (ORDER BY due_at) AS ord FROM due
)
UPDATE lanes AS l SET attempts = l.attempts + (l.token IS NOT NULL)::integer,
    due_at = {NOW} + $2::bigint, token = ($3::text[])[mine.ord], passes = NULL
FROM mine WHERE l.lane = mine.lane
RETURNING mine.ord, l.lane, l.token, l.head, {NOW} AS now, {CLAIMED}
"""

# Instants that a wrong clock of the server stored: further ahead than any wait. Usually there are none.
DISBELIEVE = f"""
UPDATE lanes SET due_at = {NOW}
WHERE due_at > {NOW} + {LONGEST_WAIT // timedelta(microseconds=1)} AND due_at IS DISTINCT FROM not_before
"""

RENEW = f"""
WITH held AS (
    SELECT l.lane FROM unnest($3::text[], $4::text[]) AS a (lane, token)
    JOIN lanes AS l ON l.lane = a.lane AND l.token = a.token ORDER BY l.lane FOR UPDATE OF l
)
UPDATE lanes AS l SET due_at = {NOW} + $2::bigint FROM held WHERE l.lane = held.lane
RETURNING l.token
"""

WAITING = f"""
SELECT a.ord, {NOTICE}
FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS a (lane, head, ord)
CROSS JOIN LATERAL (
    SELECT *, row_number() OVER (ORDER BY seq) = 1 AS first FROM notices
    WHERE lane = a.lane AND seq > a.head ORDER BY seq LIMIT {NOTICES_PER_CLAIM}
) AS n
JOIN jobs AS j ON j.id = n.job_id ORDER BY a.ord, n.seq
"""


async def disbelieve(connection: Connection, times: Times) -> None:
    """Make lanes due that wait for longer than any wait lasts: the server's clock has been set back."""
    await connection.execute(DISBELIEVE, times.now)


async def claim_lanes(connection: Connection, tokens: Sequence[str], times: Times) -> list[Claim]:
    """Lease the lanes that have been due longest, at most one for each of *tokens*."""
    rows = sorted(
        await connection.fetch(CLAIM, times.now, times.lease, list(tokens)), key=lambda row: row["ord"]
    )
    notices = await waiting_notices(connection, [(row["lane"], row["head"]) for row in rows])
    leased_until = micros(times.leased_until)
    return [
        claim_of(
            row["lane"],
            row["token"],
            leased_until,
            owed,
            [*row.values()][-CLAIMED_WIDTH:],
            now=row["now"],
        )
        for row, owed in zip(rows, notices, strict=True)
    ]


async def renew_leases(connection: Connection, claims: Sequence[Claim], times: Times) -> set[str]:
    """Renew the leases from now; return the tokens of the leases that were not lost."""
    held = columns([(claim.lane, claim.token) for claim in claims], 2)
    return {row["token"] for row in await connection.fetch(RENEW, times.now, times.lease, *held)}


async def waiting_notices(
    connection: Connection, lanes: Sequence[tuple[str, int]]
) -> list[tuple[Notice, ...]]:
    """
    Return the oldest notices after the head of each lane.

    A separate statement after the one that settled or claimed: its snapshot contains every notice that the
    lane counted by then.
    """
    notices: list[list[Notice]] = [[] for _ in lanes]
    if lanes:
        for row in await connection.fetch(WAITING, *columns(lanes, 2)):
            ord_, *owed = row.values()
            notices[ord_ - 1].append(notice_of(owed))
    return [tuple(owed) for owed in notices]
