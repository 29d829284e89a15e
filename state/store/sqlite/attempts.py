"""Keep attempts. Each statement runs inside the caller's transaction."""

from collections.abc import Sequence
from sqlite3 import Cursor
from typing import Any

from jobs.attempts import KEPT_ATTEMPTS
from jobs.notice import Claim
from state.store.attempts import ATTEMPT, KEPT_FOR, SWEPT_TOGETHER, may_be_many
from state.store.sqlite.statements import numbered

_KEEP = f"INSERT OR IGNORE INTO attempts (at, {ATTEMPT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

_PRUNE = (
    "DELETE FROM attempts WHERE lane = ?1 AND seq = ?2 AND at <= (SELECT at FROM attempts"
    f" WHERE lane = ?1 AND seq = ?2 ORDER BY at DESC LIMIT 1 OFFSET {KEPT_ATTEMPTS})"
)

_SWEEP = (
    "DELETE FROM attempts WHERE (lane, seq, at) IN"
    f" (SELECT lane, seq, at FROM attempts WHERE at < ? ORDER BY at LIMIT {SWEPT_TOGETHER})"
)


def keep_attempts(cursor: Cursor, rows: Sequence[tuple[Claim, tuple[Any, ...]]], now: int) -> None:
    """Keep the columns `ATTEMPT` of each claim's attempt, and forget the oldest of many."""
    if not rows:
        return
    cursor.executemany(_KEEP, [(now, *row) for _, row in rows])
    for claim, _ in rows:
        if may_be_many(claim):
            cursor.execute(_PRUNE, numbered(claim.lane, claim.notices[0].seq))
    cursor.execute(_SWEEP, (now - KEPT_FOR,))
