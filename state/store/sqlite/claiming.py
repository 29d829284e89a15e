"""Claiming lanes and holding them. Each statement runs inside the caller's transaction."""

from collections.abc import Sequence
from sqlite3 import Cursor

from instants import instant
from jobs.job import JobId
from jobs.lane import LaneKey
from jobs.notice import Claim, Notice
from state.references import shortened

#: Notices that a claim carries at most; the rest of a backlog stays in the database.
NOTICES_PER_CLAIM = 100

# One reference for them all: a table's long values are read only where they are asked for.
WAITING = (
    "SELECT n.seq, n.job_id, j.title, j.tenant, CASE WHEN n.seq ="
    " (SELECT min(seq) FROM notices WHERE lane = ?1 AND seq > ?2) THEN j.reference ELSE '' END, n.created_at"
    " FROM notices AS n JOIN jobs AS j ON j.id = n.job_id"
    " WHERE n.lane = ?1 AND n.seq > ?2 ORDER BY n.seq LIMIT ?3"
)


def claim_lanes(cursor: Cursor, tokens: Sequence[str], now: int, lease: int) -> list[Claim]:
    """
    Lease the lanes that have been due longest, at most one for each of *tokens*.

    A lane whose lease ran out still has its token: whoever held it died or hung in an attempt, so that
    attempt counts.
    """
    lanes = cursor.execute(
        "SELECT lane FROM lanes WHERE due_at <= ? ORDER BY due_at LIMIT ?", (now, len(tokens))
    ).fetchall()
    claims = []
    for (lane,), token in zip(lanes, tokens, strict=False):
        head, attempts, waited, service_url, pace = cursor.execute(
            "UPDATE lanes SET attempts = attempts + (token IS NOT NULL), due_at = ?, token = ?"
            " WHERE lane = ? RETURNING head, attempts, waited, service_url, pace",
            (now + lease, token, lane),
        ).fetchone()
        claims.append(
            Claim(
                lane=LaneKey(lane),
                token=token,
                leased_until=instant(now + lease),
                notices=waiting_notices(cursor, lane, head),
                attempts=attempts,
                waited=waited,
                service_url=service_url,
                pace=pace,
            )
        )
    return claims


def renew_leases(cursor: Cursor, claims: Sequence[Claim], until: int) -> set[str]:
    """HeldLane the lanes until *until*; return the tokens of those that still have theirs."""
    return {
        claim.token
        for claim in claims
        if cursor.execute(
            "UPDATE lanes SET due_at = ? WHERE lane = ? AND token = ?", (until, claim.lane, claim.token)
        ).rowcount
    }


def waiting_notices(cursor: Cursor, lane: str, head: int) -> tuple[Notice, ...]:
    """Return the oldest notices behind the *head* of a lane."""
    rows = cursor.execute(WAITING, (lane, head, NOTICES_PER_CLAIM))
    return tuple(
        Notice(
            seq=seq,
            job_id=JobId(job_id),
            title=title,
            tenant=tenant,
            reference=shortened(reference),
            created_at=instant(created_at),
        )
        for seq, job_id, title, tenant, reference, created_at in rows
    )
