"""
Settle claims, many with one statement.

Every write is fenced by the claim's token: `LeaseLost` means that it changed nothing. So a write whose
response was lost can be repeated: the second time it changes nothing, or makes the same change.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from jobs.attempts import Failure
from jobs.notice import Claim, NoticeKind
from state.errors import LeaseLost
from state.store.attempts import attempt_row, is_late, success_row
from state.store.leases import Sent, claim_after
from state.store.postgres.attempts import keep_attempts
from state.store.postgres.claiming import waiting_notices
from state.store.postgres.database import Connection, Row
from state.store.postgres.events import LOCK_JOBS, telling, told
from state.store.postgres.sql import NOW, columns
from state.store.postgres.times import Times
from state.store.rows import UNWANTED
from state.store.succession import IS_SHARED

_MICROSECOND = timedelta(microseconds=1)

# A lane in which nothing waits, and for which nothing is set, needs no row.
_ADVANCE = f"""
held AS (
    SELECT a.*, l.head, l.tail <= a.through AND a.pace IS NULL AND l.preferences IS NULL
        AND coalesce(l.not_before <= {NOW}, true) AND NOT {IS_SHARED} AS leaves
    FROM asked AS a JOIN lanes AS l ON l.lane = a.lane AND l.token = a.token ORDER BY l.lane FOR UPDATE OF l
), gone AS (
    DELETE FROM lanes AS l USING held AS h WHERE l.lane = h.lane AND h.leaves
    RETURNING h.*, false AS more, NULL::text AS service_url, 0::bigint AS waited
), advanced AS (
    UPDATE lanes AS l SET head = h.through, attempts = 0, last_error = NULL, pace = h.pace,
        first_attempt_at = NULL, unknowns = 0, probes = 0, parked_at = NULL, idle_since = {NOW},
        waited = CASE WHEN l.parked_at IS NULL THEN l.waited ELSE l.tail END,
        due_at = CASE WHEN l.tail <= h.through THEN NULL WHEN l.not_before > {NOW} THEN l.not_before
            ELSE {NOW} + $2::bigint END,
        token = CASE WHEN l.tail <= h.through OR l.not_before > {NOW} THEN NULL ELSE l.token END
    FROM held AS h WHERE l.lane = h.lane AND NOT h.leaves
    RETURNING h.*, l.token IS NOT NULL AS more, l.service_url, l.waited
), settled AS (
    SELECT * FROM gone UNION ALL SELECT * FROM advanced
)
"""

SENT = f"""
WITH asked AS (
    SELECT * FROM unnest($3::text[], $4::text[], $5::bigint[], $6::text[])
    WITH ORDINALITY AS a (lane, token, through, pace, ord)
), {_ADVANCE}, forgotten AS (
    DELETE FROM notices AS n USING settled AS s
    WHERE n.lane = s.lane AND n.seq > s.head AND n.seq <= s.through AND n.dead_at IS NULL
)
SELECT ord, more, service_url, waited FROM settled
"""

DEAD = f"""
WITH asked AS (
    SELECT * FROM unnest(
        $3::text[], $4::text[], $5::bigint[], $6::text[], $7::integer[], $8::integer[], $9::text[]
    ) WITH ORDINALITY AS a (lane, token, through, pace, attempts, status, error, ord)
), {_ADVANCE}, died AS (
    UPDATE notices AS n
    SET dead_at = {NOW}, attempts = s.attempts, status = s.status, last_error = s.error
    FROM settled AS s
    WHERE n.lane = s.lane AND n.seq > s.head AND n.seq <= s.through AND n.dead_at IS NULL
)
SELECT ord, more, service_url, waited FROM settled
"""

GIVE_BACK = f"""
WITH asked AS (
    SELECT * FROM unnest($2::text[], $3::text[], $4::bigint[], $5::boolean[], $6::boolean[], $7::boolean[],
        $8::text[], $9::text[])
    WITH ORDINALITY AS a (lane, token, after, parks, failed, unknown, error, pace, ord)
), held AS (
    SELECT a.* FROM asked AS a JOIN lanes AS l ON l.lane = a.lane AND l.token = a.token
    ORDER BY l.lane FOR UPDATE OF l
)
UPDATE lanes AS l SET token = NULL, pace = h.pace,
    due_at = greatest({NOW} + h.after, l.not_before),
    parked_at = CASE WHEN h.parks THEN {NOW} ELSE l.parked_at END,
    probes = l.probes + (h.parks AND l.parked_at IS NOT NULL)::integer,
    attempts = l.attempts + h.failed::integer, unknowns = l.unknowns + h.unknown::integer,
    first_attempt_at = coalesce(l.first_attempt_at, CASE WHEN h.failed THEN {NOW} END),
    last_error = coalesce(h.error, l.last_error)
FROM held AS h WHERE l.lane = h.lane
RETURNING h.ord
"""


_KEEP_MESSAGE_IDS = """
UPDATE jobs AS j SET message_id = a.message_id
FROM unnest($1::bigint[], $2::text[]) AS a (id, message_id) WHERE j.id = a.id
"""

_FORGET_PLACES = f"UPDATE jobs SET notice_seq = {UNWANTED} WHERE id = ANY ($1::bigint[])"


@dataclass(frozen=True, kw_only=True, slots=True)
class Dead:
    """The notices of *claim* up to seq *through* are given up on."""

    claim: Claim
    through: int
    status: int | None
    error: str
    failure: Failure | None = None  #: To keep.


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenBack:
    """The lane is given back, due *after* from now."""

    claim: Claim
    after: timedelta
    parks: bool = False
    failed: bool = False  #: Whether an attempt was made.
    unknown: bool = False  #: Whether its outcome is unknown.
    error: str | None = None  #: None keeps the previous error.
    failure: Failure | None = None  #: To keep.


async def settle_sent(
    connection: Connection, settled: Sequence[Sent], times: Times
) -> list[Claim | LeaseLost | None]:
    """
    Delete the notices; return a claim, with a new lease, on the notices after them.

    Message ids are stored first, with a separate statement, because jobs are always locked before lanes. If
    settling then fails, the message is sent again and its new id replaces the stored one.
    """
    kept = [item for each in settled for item in each.message_ids.items()]
    if kept:
        await connection.execute(_KEEP_MESSAGE_IDS, *columns(sorted(kept), 2))
    late = [(each.claim, success_row(each)) for each in settled if is_late(each)]
    await keep_attempts(connection, late, times)
    asked = [(each.claim.lane, each.claim.token, each.through, each.claim.pace) for each in settled]
    news = [told(each.claim.notices, each.through, NoticeKind.NOTICE_DELIVERED) for each in settled]
    rows = await telling(connection, news, times, SENT, times.now, times.lease, *columns(asked, 4))
    return await _following(connection, settled, rows, times)


async def settle_unwanted(connection: Connection, settled: Sent, times: Times) -> Claim | None:
    """
    Like `settle_sent`, in the caller's transaction, for notices that nobody wants.

    Raises `LeaseLost`.
    """
    gone = [notice for notice in settled.claim.notices if notice.seq <= settled.through]
    ended = sorted(notice.job_id for notice in gone if notice.kind.is_of_an_end)
    await connection.fetch(LOCK_JOBS, ended)
    asked = [(settled.claim.lane, settled.claim.token, settled.through, settled.claim.pace)]
    news = [told(gone, None, NoticeKind.NOTICE_UNWANTED)]
    rows = await telling(connection, news, times, SENT, times.now, times.lease, *columns(asked, 4))
    await connection.execute(_FORGET_PLACES, ended)
    [answer] = await _following(connection, [settled], rows, times)
    if isinstance(answer, LeaseLost):
        raise answer
    return answer


async def settle_dead(
    connection: Connection, settled: Sequence[Dead], times: Times
) -> list[Claim | LeaseLost | None]:
    """Keep the notices as dead letters; otherwise like `settle_sent`."""
    failed = [
        (each.claim, attempt_row(each.claim, each.failure, None))
        for each in settled
        if each.failure is not None
    ]
    await keep_attempts(connection, failed, times)
    asked = [
        (
            each.claim.lane,
            each.claim.token,
            each.through,
            each.claim.pace,
            each.claim.attempts + 1,
            each.status,
            each.error,
        )
        for each in settled
    ]
    news = [told(each.claim.notices, each.through, NoticeKind.NOTICE_DEAD, each.error) for each in settled]
    rows = await telling(connection, news, times, DEAD, times.now, times.lease, *columns(asked, 7))
    return await _following(connection, settled, rows, times)


async def give_back(
    connection: Connection, given: Sequence[GivenBack], times: Times
) -> list[LeaseLost | None]:
    """Give lanes back."""
    failed = [
        (each.claim, attempt_row(each.claim, each.failure, each.after // _MICROSECOND))
        for each in given
        if each.failure is not None
    ]
    await keep_attempts(connection, failed, times)
    asked = [
        (
            each.claim.lane,
            each.claim.token,
            each.after // _MICROSECOND,
            each.parks,
            each.failed,
            each.unknown,
            each.error,
            each.claim.pace,
        )
        for each in given
    ]
    news = [
        told(each.claim.notices, None, NoticeKind.NOTICE_PARKED, each.error)
        if each.parks and not each.claim.parked
        else []
        for each in given
    ]
    rows = await telling(connection, news, times, GIVE_BACK, times.now, *columns(asked, 8))
    done = {row["ord"] for row in rows}
    return [None if place in done else LeaseLost(each.claim.lane) for place, each in enumerate(given, 1)]


async def _following(
    connection: Connection, settled: Sequence[Sent | Dead], rows: Sequence[Row], times: Times
) -> list[Claim | LeaseLost | None]:
    answers: list[Claim | LeaseLost | None] = [LeaseLost(each.claim.lane) for each in settled]
    more = [row for row in rows if row["more"]]
    heads = [(settled[row["ord"] - 1].claim.lane, settled[row["ord"] - 1].through) for row in more]
    for row in rows:
        answers[row["ord"] - 1] = None
    for row, notices in zip(more, await waiting_notices(connection, heads), strict=True):
        claim = claim_after(
            settled[row["ord"] - 1].claim,
            leased_until=times.leased_until,
            service_url=row["service_url"],
            waited=row["waited"],
        )
        answers[row["ord"] - 1] = claim._replace(notices=notices)
    return answers
