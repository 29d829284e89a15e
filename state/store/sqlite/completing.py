"""Completing jobs: many with few statements."""

from collections.abc import Sequence
from sqlite3 import Cursor
from typing import Any, NamedTuple

from instants import instant
from jobs.changes import CompleteJob, Completion, CompletionResult
from jobs.lane import LaneKey
from jobs.notice import Claim, Notice
from state.references import shortened
from state.store.sqlite.reading import storable
from state.store.sqlite.sql import look_up, run_for_rows

RUNNING = (
    "SELECT json_group_array(json_array("
    "id, lane, title, tenant, reference, head, tail, parked_at IS NOT NULL, waited, service_url, pace))"
    " FROM jobs JOIN lanes USING (lane) WHERE id IN {rows} AND jobs.status = 'running'"
)
COMPLETE_JOBS = (
    "UPDATE jobs SET status = 'completed', completed_at = column2, completed_by = column3,"
    " notice_seq = column4 FROM (VALUES {rows}) WHERE id = column1"
)
ADD_NOTICES = "INSERT INTO notices (lane, seq, job_id, created_at) VALUES {rows}"
QUEUE = "UPDATE lanes SET tail = column2 FROM (VALUES {rows}) WHERE lane = column1"
# An idle lane is taken in the same breath; a lane that somebody holds, or that is parked, is not.
QUEUE_IN_IDLE = (
    "UPDATE lanes SET tail = column2, due_at = column3, token = column4"
    " FROM (VALUES {rows}) WHERE lane = column1"
)


class _Lane(NamedTuple):
    """A lane that notices are queued in."""

    idle: bool  #: Nobody held it, and nothing kept it, before.
    tail: int
    due_at: int
    token: str | None


def complete_jobs(cursor: Cursor, changes: Sequence[CompleteJob], now: int, lease: int) -> list[Completion]:
    """
    Complete the running jobs and queue their notices.

    Whoever has a token gets the lane with it, for *lease* microseconds, if it was idle and nobody else of
    *changes* comes first.
    """
    numbers = [storable(change.job_id) for change in changes]
    running = {job_id: row for job_id, *row in look_up(cursor, RUNNING, numbers)}
    lanes: dict[str, _Lane] = {}
    completed, notices = [], []
    completions: list[Completion | None] = []
    for change, number in zip(changes, numbers, strict=True):
        row = running.pop(number, None)
        if row is None:
            completions.append(None)
            continue
        lane, _, _, _, head, tail, parked, *_ = row
        before = lanes.get(lane)
        if before is None:
            due_at = now if change.token is None else now + lease
            lanes[lane] = _Lane(tail == head and not parked, tail + 1, due_at, change.token)
            ours = lanes[lane].idle and change.token is not None
        else:
            lanes[lane] = before._replace(tail=before.tail + 1)
            ours = False
        seq = lanes[lane].tail
        completed.append((number, now, change.source, seq))
        notices.append((lane, seq, number, now))
        claim = _claim(change, row, seq, now, now + lease) if ours else None
        completions.append(Completion(CompletionResult.COMPLETED, claim))
    run_for_rows(cursor, COMPLETE_JOBS, completed)
    run_for_rows(cursor, ADD_NOTICES, notices)
    run_for_rows(cursor, QUEUE, [(lane, new.tail) for lane, new in lanes.items() if not new.idle])
    run_for_rows(cursor, QUEUE_IN_IDLE, [(lane, *new[1:]) for lane, new in lanes.items() if new.idle])
    return [
        completion or _not_completed(cursor, number, change.source)
        for completion, number, change in zip(completions, numbers, changes, strict=True)
    ]


def _claim(change: CompleteJob, row: Sequence[Any], seq: int, now: int, until: int) -> Claim:
    lane, title, tenant, reference, _, _, _, waited, service_url, pace = row
    notice = Notice(
        seq=seq,
        job_id=change.job_id,
        title=title,
        tenant=tenant,
        reference=shortened(reference),
        created_at=instant(now),
    )
    return Claim(
        lane=LaneKey(lane),
        token=str(change.token),
        leased_until=instant(until),
        notices=(notice,),
        waited=waited,
        service_url=service_url,
        pace=pace,
    )


def _not_completed(cursor: Cursor, job_id: int, source: str | None) -> Completion:
    """Say why there was nothing to complete."""
    row = cursor.execute("SELECT completed_by FROM jobs WHERE id = ?", (job_id,)).fetchone()
    if row is None:
        return Completion(result=CompletionResult.UNKNOWN_JOB)
    repeated = source is not None and row == (source,)
    return Completion(result=CompletionResult.REPEATED if repeated else CompletionResult.ALREADY_COMPLETED)
