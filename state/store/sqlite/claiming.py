"""Claiming lanes and holding them. Each statement runs inside the caller's transaction."""

from collections.abc import Sequence
from sqlite3 import Cursor

from jobs.notice import Claim, Notice
from state.store.rows import CLAIMED, NOTICE, NOTICES_PER_CLAIM, claim_of, notice_of

#: SQLite knows no alias in RETURNING.
_CLAIMED = CLAIMED.replace("l.", "")

WAITING = (
    f"SELECT {NOTICE} FROM ("
    "SELECT *, seq = (SELECT min(seq) FROM notices WHERE lane = ?1 AND seq > ?2) AS first"
    " FROM notices WHERE lane = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3) AS n"
    " JOIN jobs AS j ON j.id = n.job_id ORDER BY n.seq"
)

_DUE = (
    "SELECT lane FROM lanes WHERE due_at <= ?1 AND (not_before IS NULL OR not_before <= ?1)"
    " ORDER BY due_at LIMIT ?2"
)


def claim_lanes(cursor: Cursor, tokens: Sequence[str], now: int, lease: int) -> list[Claim]:
    """
    Lease the lanes that have been due longest, at most one for each of *tokens*.

    A lane whose lease ran out still has its token: its holder died or hung in an attempt, so that attempt
    counts.
    """
    lanes = cursor.execute(_DUE, (now, len(tokens))).fetchall()
    claims = []
    for (lane,), token in zip(lanes, tokens, strict=False):
        head, *claimed = cursor.execute(
            "UPDATE lanes AS l SET attempts = attempts + (token IS NOT NULL), due_at = ?, token = ?"
            f" WHERE lane = ? RETURNING head, {_CLAIMED}",
            (now + lease, token, lane),
        ).fetchone()
        claims.append(claim_of(lane, token, now + lease, waiting_notices(cursor, lane, head), claimed))
    return claims


def renew_leases(cursor: Cursor, claims: Sequence[Claim], until: int) -> set[str]:
    """Hold the lanes until *until*; return the tokens of those that still have theirs."""
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
    return tuple(map(notice_of, rows))
