"""
Settle claims. Each statement runs inside the caller's transaction.

Every write after the claim is fenced by the claim's token: `LeaseLost` means that it changed nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from sqlite3 import Cursor

from instants import instant
from jobs.attempts import Failure
from jobs.notice import Claim, Notice, NoticeKind
from state.errors import LeaseLost
from state.store.attempts import attempt_row, is_late, success_row
from state.store.leases import Sent, claim_after
from state.store.rows import UNWANTED
from state.store.sqlite.attempts import keep_attempts
from state.store.sqlite.batch import BULK
from state.store.sqlite.claiming import waiting_notices
from state.store.sqlite.events import owe_outcomes
from state.store.sqlite.sql import as_json, look_up, run_for_rows
from state.store.succession import IS_SHARED

HELD = (
    "SELECT json_group_array(json_array("
    f"lane, token, tail, service_url, not_before, preferences IS NOT NULL OR {IS_SHARED})) FROM lanes"
    " WHERE lane IN {rows} AND token IS NOT NULL"
)
# A message that was taken opens a parked lane: what waits in it is then told as having waited.
ADVANCE = (
    "UPDATE lanes SET head = column2, attempts = 0, last_error = NULL, pace = column3, due_at = column4,"
    " token = column5, idle_since = column6, first_attempt_at = NULL, unknowns = 0, probes = 0,"
    " parked_at = NULL, waited = CASE WHEN parked_at IS NULL THEN waited ELSE tail END"
    " FROM (VALUES {rows}) WHERE lane = column1"
)
# A lane in which nothing waits, and for which nothing is set, needs no row.
LEAVE = "DELETE FROM lanes WHERE lane IN (VALUES {rows})"

GIVE_BACK = """
UPDATE lanes SET token = NULL, due_at = max(json_extract(back.value, '$[2]'), coalesce(not_before, 0)),
    pace = json_extract(back.value, '$[3]'), attempts = attempts + json_extract(back.value, '$[4]'),
    last_error = coalesce(json_extract(back.value, '$[5]'), last_error),
    parked_at = coalesce(json_extract(back.value, '$[6]'), parked_at),
    probes = probes + (parked_at IS NOT NULL AND json_extract(back.value, '$[6]') IS NOT NULL),
    unknowns = unknowns + json_extract(back.value, '$[7]'),
    first_attempt_at = coalesce(
        first_attempt_at, CASE WHEN json_extract(back.value, '$[4]') THEN json_extract(back.value, '$[8]') END
    )
FROM json_each(?) AS back
WHERE lanes.lane = json_extract(back.value, '$[0]') AND token = json_extract(back.value, '$[1]')
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenBack:
    """The lane is given back *at* an instant, due at *due_at*."""

    claim: Claim
    at: int
    due_at: int
    parks: bool = False
    failed: bool = False  #: Whether an attempt was made.
    unknown: bool = False  #: Whether its outcome is unknown.
    error: str | None = None  #: None keeps the previous error.
    failure: Failure | None = None  #: To keep.


def settle_sent(cursor: Cursor, sent: Sequence[Sent], now: int, lease: int) -> list[Claim | None]:
    """
    Delete the notices of each claim up to a seq; return claims, with a new lease, on the notices after them.

    Raises `LeaseLost` if any of them is lost.
    """
    following = _advance(cursor, [(each.claim, each.through) for each in sent], now, lease)
    gone = [(each.claim.lane, each.claim.notices[0].seq, each.through) for each in sent]
    cursor.execute(forgetting(len(gone)), [value for row in gone for value in row])
    for each in sent:
        became = NoticeKind.NOTICE_DELIVERED if each.wanted else NoticeKind.NOTICE_UNWANTED
        owe_outcomes(cursor, _settled(each.claim, each.through), became, now)
    unwanted = [
        notice.job_id
        for each in sent
        if not each.wanted
        for notice in _settled(each.claim, each.through)
        if notice.kind.is_of_an_end
    ]
    if unwanted:
        cursor.executemany(
            f"UPDATE jobs SET notice_seq = {UNWANTED} WHERE id = ?", [(job_id,) for job_id in unwanted]
        )
    kept = [(message_id, job_id) for each in sent for job_id, message_id in each.message_ids.items()]
    if kept:
        cursor.executemany("UPDATE jobs SET message_id = ? WHERE id = ?", kept)
    late = [(each.claim, success_row(each)) for each in sent if is_late(each)]
    keep_attempts(cursor, late, now)
    return following


def settle_dead(
    cursor: Cursor,
    claim: Claim,
    through: int,
    *,
    status: int | None,
    error: str,
    now: int,
    lease: int,
    failure: Failure | None = None,
) -> Claim | None:
    """Like `settle_sent`, but keep the notices up to *through* as dead letters."""
    (following,) = _advance(cursor, [(claim, through)], now, lease)
    cursor.execute(
        "UPDATE notices SET dead_at = ?, attempts = ?, status = ?, last_error = ?"
        " WHERE lane = ? AND seq <= ? AND dead_at IS NULL",
        (now, claim.attempts + 1, status, error, claim.lane, through),
    )
    owe_outcomes(cursor, _settled(claim, through), NoticeKind.NOTICE_DEAD, now, error)
    if failure is not None:
        keep_attempts(cursor, [(claim, attempt_row(claim, failure, None))], now)
    return following


def give_back(cursor: Cursor, given: Sequence[GivenBack]) -> list[None]:
    """Give lanes back. Raises `LeaseLost` if any of them is lost."""
    rows = [
        (
            each.claim.lane,
            each.claim.token,
            each.due_at,
            each.claim.pace,
            each.failed,
            each.error,
            each.at if each.parks else None,
            each.unknown,
            each.at,
        )
        for each in given
    ]
    if cursor.execute(GIVE_BACK, (as_json(rows),)).rowcount < len(given):
        raise LeaseLost
    for each in given:
        if each.parks and not each.claim.parked:
            owe_outcomes(cursor, each.claim.notices, NoticeKind.NOTICE_PARKED, each.at, each.error)
    failed = [
        (each.claim, attempt_row(each.claim, each.failure, each.due_at))
        for each in given
        if each.failure is not None
    ]
    keep_attempts(cursor, failed, given[0].at)
    return [None] * len(given)


def _settled(claim: Claim, through: int) -> list[Notice]:
    return [notice for notice in claim.notices if notice.seq <= through]


def _advance(
    cursor: Cursor, settled: Sequence[tuple[Claim, int]], now: int, lease: int
) -> list[Claim | None]:
    """Advance each lane's head to a seq; return claims on the notices after it."""
    lanes = [claim.lane for claim, _ in settled]
    held = {lane: row for lane, *row in look_up(cursor, HELD, lanes)}
    advanced: list[tuple[object, ...]] = []
    left: list[tuple[str]] = []
    following: list[Claim | None] = []
    behind: list[tuple[str, int]] = []
    for claim, through in settled:
        # Removed from `held`, so that a second settling of the same claim in this batch raises `LeaseLost`.
        token, tail, service_url, not_before, stays = held.pop(claim.lane, (None, 0, None, None, False))
        if token != claim.token:
            raise LeaseLost(claim.lane)
        deferred = (not_before or 0) > now
        if tail > through and deferred:
            advanced.append((claim.lane, through, claim.pace, not_before, None, None))
            following.append(None)
        elif tail > through:
            advanced.append((claim.lane, through, claim.pace, now + lease, token, None))
            behind.append((claim.lane, through))
            following.append(
                claim_after(
                    claim,
                    leased_until=instant(now + lease),
                    service_url=service_url,
                    waited=tail if claim.parked else claim.waited,
                )
            )
        else:
            if stays or deferred or claim.pace is not None:
                advanced.append((claim.lane, through, claim.pace, None, None, now))
            else:
                left.append((claim.lane,))
            following.append(None)
    run_for_rows(cursor, ADVANCE, advanced)
    run_for_rows(cursor, LEAVE, left)
    notices = iter(waiting_notices(cursor, behind) if behind else ())
    return [claim and claim._replace(notices=next(notices)) for claim in following]


@lru_cache(BULK)
def forgetting(claims: int) -> str:
    """Return a DELETE that uses the index for each lane; with a list of rows SQLite would scan the table."""
    those = " OR ".join(["(lane = ? AND seq BETWEEN ? AND ?)"] * claims)
    return f"DELETE FROM notices WHERE dead_at IS NULL AND ({those})"
