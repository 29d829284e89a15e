"""Which activity started which job, on SQLite."""

from collections.abc import Sequence
from sqlite3 import Cursor

from jobs.changes import StartJob
from jobs.job import Job
from jobs.lane import UNATTENDED
from state.store.once import KEPT, LOOKED_AT, SLOT, once_key, slots_looked_at
from state.store.rows import JOB, job_of
from state.store.sqlite.sql import for_rows, read_json, run_for_rows

LOOK = (
    "SELECT json_group_array(json_array(key, job_id)) FROM once"
    f" WHERE slot IN ({', '.join('?' * LOOKED_AT)}) AND key IN {{rows}}"
)
# What was left of an activity whose job is gone, or of another one with the same hash, gives way.
NOTE = "INSERT OR REPLACE INTO once (slot, key, job_id) VALUES {rows}"

FORGET = (
    "DELETE FROM once WHERE (slot, key) IN (SELECT slot, key FROM once WHERE slot < ? ORDER BY slot LIMIT ?)"
)

_SAME = f"SELECT {JOB} FROM jobs AS j WHERE j.lane = ? AND j.source_activity = ?"
BY_EXTERNAL_ID = f"SELECT {JOB} FROM jobs AS j WHERE j.lane = '{UNATTENDED}' AND j.source_activity = ?"


def job_started_before(cursor: Cursor, changes: Sequence[StartJob], at: int) -> Job | None:
    """Return the job that the activity of any of *changes* has started, if there is one."""
    keys = {key: change for change in changes if (key := once_key(change)) is not None}
    if not keys:
        return None
    statement = for_rows(LOOK, 1, len(keys))
    for key, job_id in read_json(cursor, statement, [*slots_looked_at(at), *keys]):
        change = keys[key]
        row = cursor.execute(
            f"{_SAME} AND j.id = ?", (change.lane, change.source_activity, job_id)
        ).fetchone()
        if row is not None:
            return job_of(row)
    return None


def note_starts(cursor: Cursor, changes: Sequence[StartJob], numbers: Sequence[int], at: int) -> None:
    """Remember that *changes* have started the jobs with these *numbers*."""
    noted = [
        (at // SLOT, key, number)
        for change, number in zip(changes, numbers, strict=True)
        if (key := once_key(change)) is not None
    ]
    run_for_rows(cursor, NOTE, noted)


def job_in_the_way(cursor: Cursor, change: StartJob) -> Job:
    """Return the job of the same activity that a unique index did not let another stand beside."""
    if change.lane == UNATTENDED:
        return job_of(cursor.execute(BY_EXTERNAL_ID, (change.source_activity,)).fetchone())
    return job_of(cursor.execute(_SAME, (change.lane, change.source_activity)).fetchone())


def forget_old(cursor: Cursor, now: int, limit: int) -> bool:
    """Delete at most *limit* entries that are older than is kept; return whether there may be more."""
    return cursor.execute(FORGET, (now // SLOT - KEPT, limit)).rowcount == limit
