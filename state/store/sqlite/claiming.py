"""
Claim lanes and renew leases. Each statement runs inside the caller's transaction.

Three statements claim many lanes, and each returns one row: for each row that is fetched, the thread would
release the GIL and wait for the event loop to return it.
"""

from collections.abc import Sequence
from sqlite3 import Cursor

from jobs.notice import Claim, Notice
from state.store.rows import NOTICE, NOTICES_PER_CLAIM, claim_of, notice_of
from state.store.sqlite.sql import as_json, read_json

# A lane whose lease expired still has its token: its holder crashed or hung during an attempt, so that
# attempt is counted. The columns of `CLAIMED` follow the lane and its head.
DUE = """
SELECT json_group_array(
    json_array(lane, head, due_at, attempts + (token IS NOT NULL), waited, service_url, pace, kind,
        first_attempt_at, unknowns, parked_at, probes, preferences)
) FROM (
    SELECT * FROM lanes WHERE due_at <= ? AND (not_before IS NULL OR not_before <= ?)
    ORDER BY due_at LIMIT ?
)
"""

LEASE = """
UPDATE lanes SET due_at = ?, passes = NULL, token = json_extract(taken.value, '$[1]'),
    attempts = json_extract(taken.value, '$[2]')
FROM json_each(?) AS taken WHERE lanes.lane = json_extract(taken.value, '$[0]')
"""

_BEHIND = "lane = json_extract(heads.value, '$[0]') AND seq > json_extract(heads.value, '$[1]')"
_NOTICE = NOTICE.replace("n.first", f"n.seq = (SELECT min(seq) FROM notices WHERE {_BEHIND})")

WAITING = f"""
SELECT json_group_array(json((
    SELECT json_group_array(json(notice)) FROM (
        SELECT json_array({_NOTICE}) AS notice FROM notices AS n CROSS JOIN jobs AS j ON j.id = n.job_id
        WHERE n.lane = json_extract(heads.value, '$[0]') AND n.seq > json_extract(heads.value, '$[1]')
        ORDER BY n.seq LIMIT {NOTICES_PER_CLAIM}
    )
))) FROM json_each(?) AS heads
"""

RENEW = """
UPDATE lanes SET due_at = ? FROM json_each(?) AS held
WHERE lanes.lane = json_extract(held.value, '$[0]') AND token = json_extract(held.value, '$[1]')
"""

OURS = """
SELECT json_group_array(token) FROM json_each(?) AS held CROSS JOIN lanes
WHERE lanes.lane = json_extract(held.value, '$[0]') AND token = json_extract(held.value, '$[1]')
"""


def claim_lanes(cursor: Cursor, tokens: Sequence[str], now: int, lease: int) -> list[Claim]:
    """Lease the lanes that have been due longest, at most one for each of *tokens*."""
    due = sorted(read_json(cursor, DUE, (now, now, len(tokens))), key=lambda row: row[2])
    if not due:
        return []
    leased = [(lane, token, attempts) for (lane, _, _, attempts, *_), token in zip(due, tokens, strict=False)]
    cursor.execute(LEASE, (now + lease, as_json(leased)))
    notices = waiting_notices(cursor, [(lane, head) for lane, head, *_ in due])
    return [
        claim_of(lane, token, now + lease, owed, claimed, now=now)
        for (lane, _, _, *claimed), token, owed in zip(due, tokens, notices, strict=False)
    ]


def renew_leases(cursor: Cursor, claims: Sequence[Claim], until: int) -> set[str]:
    """Renew the leases until *until*; return the tokens of the leases that were not lost."""
    held = as_json([(claim.lane, claim.token) for claim in claims])
    cursor.execute(RENEW, (until, held))
    return set(read_json(cursor, OURS, (held,)))


def waiting_notices(cursor: Cursor, heads: Sequence[tuple[str, int]]) -> list[tuple[Notice, ...]]:
    """Return the oldest notices after the head of each lane."""
    return [tuple(map(notice_of, rows)) for rows in read_json(cursor, WAITING, (as_json(heads),))]
