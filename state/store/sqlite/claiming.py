"""
Claiming lanes and holding them. Each statement runs inside the caller's transaction.

Many lanes are claimed by three statements, each of one row: for each row that is fetched, the thread would
hand the interpreter to the event loop and wait to get it back.
"""

from collections.abc import Sequence
from sqlite3 import Cursor

from instants import instant
from jobs.job import JobId
from jobs.lane import LaneKey
from jobs.notice import Claim, Notice
from state.store.sqlite.sql import as_json, read_json

#: Notices that a claim carries at most; the rest of a backlog stays in the database.
NOTICES_PER_CLAIM = 100

# A lane whose lease ran out still has its token: whoever held it died or hung in an attempt, so that attempt
# counts.
DUE = """
SELECT json_group_array(
    json_array(lane, head, attempts + (token IS NOT NULL), waited, service_url, pace, due_at)
) FROM (SELECT * FROM lanes WHERE due_at <= ? ORDER BY due_at LIMIT ?)
"""

LEASE = """
UPDATE lanes SET due_at = ?, token = json_extract(taken.value, '$[1]'),
    attempts = json_extract(taken.value, '$[2]')
FROM json_each(?) AS taken WHERE lanes.lane = json_extract(taken.value, '$[0]')
"""

WAITING = f"""
SELECT json_group_array(json((
    SELECT json_group_array(json_array(seq, job_id, title, tenant, reference, created_at)) FROM (
        SELECT n.seq, n.job_id, j.title, j.tenant, j.reference, n.created_at
        FROM notices AS n CROSS JOIN jobs AS j ON j.id = n.job_id
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
    due = sorted(read_json(cursor, DUE, (now, len(tokens))), key=lambda row: row[-1])
    if not due:
        return []
    until = now + lease
    leased = [(lane, token, attempts) for (lane, _, attempts, *_), token in zip(due, tokens, strict=False)]
    cursor.execute(LEASE, (until, as_json(leased)))
    notices = waiting_notices(cursor, [(lane, head) for lane, head, *_ in due])
    return [
        Claim(
            lane=LaneKey(lane),
            token=token,
            leased_until=instant(until),
            notices=owed,
            attempts=attempts,
            waited=waited,
            service_url=service_url,
            pace=pace,
        )
        for (lane, _, attempts, waited, service_url, pace, _), token, owed in zip(
            due, tokens, notices, strict=False
        )
    ]


def renew_leases(cursor: Cursor, claims: Sequence[Claim], until: int) -> set[str]:
    """Hold the lanes until *until*; return the tokens of those that still have theirs."""
    held = as_json([(claim.lane, claim.token) for claim in claims])
    cursor.execute(RENEW, (until, held))
    return set(read_json(cursor, OURS, (held,)))


def waiting_notices(cursor: Cursor, heads: Sequence[tuple[str, int]]) -> list[tuple[Notice, ...]]:
    """Return the oldest notices behind the head of each lane."""
    return [
        tuple(
            Notice(
                seq=seq,
                job_id=JobId(job_id),
                title=title,
                tenant=tenant,
                reference=reference,
                created_at=instant(created_at),
            )
            for seq, job_id, title, tenant, reference, created_at in rows
        )
        for rows in read_json(cursor, WAITING, (as_json(heads),))
    ]
