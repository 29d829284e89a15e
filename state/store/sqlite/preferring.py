"""Keep what conversations want to be told, and hold back what they do not want now."""

from collections.abc import Sequence, Set
from datetime import timedelta
from sqlite3 import Cursor

import orjson

from instants import instant
from jobs.changes import SetPreferences
from jobs.job import JobStatus
from jobs.lane import LaneKey
from jobs.notice import Claim, Notice, NoticeKind
from state.errors import LeaseLost
from state.store.preferring import (
    ENDS,
    JOBS_LOOKED_BACK,
    dump_passes,
    rearranged,
)
from state.store.rows import status_of
from state.store.sqlite.claiming import waiting_notices
from state.store.sqlite.queueing import keep_lane

SET = (
    "UPDATE lanes SET preferences = nullif(json_patch(coalesce(preferences, '{}'), ?), '{}'),"
    " due_at = CASE WHEN passes IS NULL THEN due_at ELSE max(?, coalesce(not_before, 0)) END, passes = NULL"
    " WHERE lane = ?"
)
_LANE = "SELECT head, tail FROM lanes WHERE lane = ? AND token = ?"
_PASSING = (
    "SELECT EXISTS (SELECT 1 FROM notices WHERE lane = ? AND seq > ? AND kind IN"
    " (SELECT value FROM json_each(?)))"
)
_HOLD = (
    "UPDATE lanes SET token = NULL, due_at = max(?, coalesce(not_before, 0)), passes = ?, pace = ?"
    " WHERE lane = ?"
)
# Those that do not pass go behind the tail by as much as the lane is long: so they keep their order, and no
# two notices ever have the same place.
_WAITS = "n.lane = ? AND n.seq > ? AND n.kind NOT IN (SELECT value FROM json_each(?))"
MOVE_IN_JOBS = (
    f"UPDATE jobs SET notice_seq = notice_seq + ? FROM notices AS n WHERE {_WAITS} AND n.kind IN {ENDS}"
    " AND jobs.id = n.job_id AND jobs.lane = n.lane"
)
MOVE = f"UPDATE notices AS n SET seq = seq + ? WHERE {_WAITS}"
_ADVANCE = (
    "UPDATE lanes SET tail = (SELECT max(seq) FROM notices AS n WHERE n.lane = lanes.lane), due_at = ?,"
    " attempts = 0, unknowns = 0, first_attempt_at = NULL WHERE lane = ?"
)

OUTCOME_BEFORE = (
    "SELECT status FROM (SELECT id, status, title FROM jobs WHERE {of_lane} AND lane = ? AND id < ?"
    f" ORDER BY id DESC LIMIT {JOBS_LOOKED_BACK})"
    " WHERE title = ? AND status IN ('completed', 'failed') ORDER BY id DESC LIMIT 1"
)


def set_preferences(cursor: Cursor, change: SetPreferences, now: int) -> None:
    """Change what a conversation wants; what its quiet hours hold is due, so that it is looked at again."""
    changes = orjson.dumps(change.changes).decode()
    keep_lane(cursor, change.lane, now)
    cursor.execute(SET, (changes, now, change.lane))


def hold_back(
    cursor: Cursor, claim: Claim, passes: Set[NoticeKind], after: timedelta, now: int, lease: int
) -> Claim | None:
    """
    Put the notices that do not pass behind the others, or if there are no others, give the lane back.

    Raises `LeaseLost`.
    """
    lane = claim.lane
    row = cursor.execute(_LANE, (lane, claim.token)).fetchone()
    if row is None:
        raise LeaseLost(lane)
    head, tail = row
    kinds = orjson.dumps([kind.value for kind in passes]).decode()
    if not cursor.execute(_PASSING, (lane, head, kinds)).fetchone()[0]:
        cursor.execute(
            _HOLD, (now + after // timedelta(microseconds=1), dump_passes(passes), claim.pace, lane)
        )
        return None
    for statement in (MOVE_IN_JOBS, MOVE):
        cursor.execute(statement, (tail - head, lane, head, kinds))
    cursor.execute(_ADVANCE, (now + lease, lane))
    (notices,) = waiting_notices(cursor, [(lane, head)])
    return rearranged(claim, notices, leased_until=instant(now + lease))


def outcomes_before(cursor: Cursor, lane: LaneKey, notices: Sequence[Notice]) -> list[JobStatus | None]:
    """Return how the job before each of these ended that has the same title in the same conversation."""
    outcomes: list[JobStatus | None] = []
    for notice in notices:
        # In the words of the index that has the order of the lane's jobs.
        of_lane = "lane = tenant" if notice.tenant == lane else "tenant <> lane"
        asked = (lane, notice.job_id, notice.title)
        row = cursor.execute(OUTCOME_BEFORE.format(of_lane=of_lane), asked).fetchone()
        outcomes.append(None if row is None else status_of(row[0]))
    return outcomes
