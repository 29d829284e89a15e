"""Claiming lanes and holding them."""

from collections.abc import Sequence

from instants import instant
from jobs.job import JobId
from jobs.lane import LaneKey
from jobs.notice import Claim, Notice
from state.store.postgres.database import Connection
from state.store.postgres.sql import NOW, columns
from state.store.postgres.times import Times

#: Notices that a claim carries at most; the rest of a backlog stays in the database.
NOTICES_PER_CLAIM = 100

# A lane whose lease ran out still has its token: whoever held it died or hung in an attempt, so that attempt
# counts. Lanes that another replica is claiming at this moment are passed over.
CLAIM = f"""
WITH due AS (
    SELECT lane, due_at FROM lanes WHERE due_at <= {NOW}
    ORDER BY due_at LIMIT cardinality($3::text[]) FOR UPDATE SKIP LOCKED
), mine AS (
    SELECT lane, row_number() OVER (ORDER BY due_at) AS ord FROM due
)
UPDATE lanes AS l SET attempts = l.attempts + (l.token IS NOT NULL)::integer,
    due_at = {NOW} + $2::bigint, token = ($3::text[])[mine.ord]
FROM mine WHERE l.lane = mine.lane
RETURNING mine.ord, l.lane, l.token, l.head, l.attempts, l.waited, l.service_url, l.pace
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
SELECT a.ord, n.seq, n.job_id, j.title, j.tenant, j.reference, n.created_at
FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS a (lane, head, ord)
CROSS JOIN LATERAL (
    SELECT * FROM notices WHERE lane = a.lane AND seq > a.head ORDER BY seq LIMIT {NOTICES_PER_CLAIM}
) AS n
JOIN jobs AS j ON j.id = n.job_id ORDER BY a.ord, n.seq
"""


async def claim_lanes(connection: Connection, tokens: Sequence[str], times: Times) -> list[Claim]:
    """Lease the lanes that have been due longest, at most one for each of *tokens*."""
    rows = sorted(
        await connection.fetch(CLAIM, times.now, times.lease, list(tokens)), key=lambda row: row["ord"]
    )
    notices = await waiting_notices(connection, [(row["lane"], row["head"]) for row in rows])
    return [
        Claim(
            lane=LaneKey(row["lane"]),
            token=row["token"],
            leased_until=times.leased_until,
            notices=owed,
            attempts=row["attempts"],
            waited=row["waited"],
            service_url=row["service_url"],
            pace=row["pace"],
        )
        for row, owed in zip(rows, notices, strict=True)
    ]


async def renew_leases(connection: Connection, claims: Sequence[Claim], times: Times) -> set[str]:
    """Hold the lanes for another lease from now; return the tokens of those that still have theirs."""
    held = columns([(claim.lane, claim.token) for claim in claims], 2)
    return {row["token"] for row in await connection.fetch(RENEW, times.now, times.lease, *held)}


async def waiting_notices(
    connection: Connection, lanes: Sequence[tuple[str, int]]
) -> list[tuple[Notice, ...]]:
    """
    Return the oldest notices behind the head of each lane.

    A statement of its own, after the one that settled or claimed: its snapshot has everything that had been
    counted into the lane by then.
    """
    notices: list[list[Notice]] = [[] for _ in lanes]
    if lanes:
        for row in await connection.fetch(WAITING, *columns(lanes, 2)):
            notices[row["ord"] - 1].append(
                Notice(
                    seq=row["seq"],
                    job_id=JobId(row["job_id"]),
                    title=row["title"],
                    tenant=row["tenant"],
                    reference=row["reference"],
                    created_at=instant(row["created_at"]),
                )
            )
    return [tuple(owed) for owed in notices]
