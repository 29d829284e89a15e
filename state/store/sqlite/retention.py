"""Delete old jobs on SQLite."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from sqlite3 import Cursor

from instants import micros
from jobs.job import JobId
from state.store.retention import LOOKED_AT_TOGETHER, Retention, Swept
from state.store.rows import UNFINISHED
from state.store.sqlite.group_commit import GroupCommit
from state.store.sqlite.queueing import NEWEST
from state.store.sqlite.reading import EVERYBODY
from state.store.sqlite.sql import as_json, read_json, run_for_rows
from state.store.sqlite.starting import COUNT_JOBS
from state.store.sqlite.statements import numbered
from state.store.sqlite.tidying import tidy

# Numbers rise from job to job, so the old ones come first; they are no instants.
LOOK = (
    "SELECT json_group_array(json_array(id, lane, tenant, created_at,"
    f" status NOT IN {UNFINISHED} AND completed_at < ?1 AND watched = 0))"
    " FROM (SELECT * FROM jobs WHERE id > ?2 ORDER BY id LIMIT ?3)"
)

# All notices are looked at: there are few, and an index for this alone would cost each of them a page.
_OWED = (
    "SELECT json_group_array(DISTINCT job_id) FROM notices WHERE job_id IN (SELECT value FROM json_each(?))"
)

_OF_JOBS = ("attempts", "watches", "live_messages")

_OF_CONVERSATIONS = ("members", "bookmarks", "lanes", "moved")

# Of these conversations, those in which nothing is any more.
SILENT = (
    "SELECT json_group_array(given.value)"
    " FROM json_each(?) AS given LEFT JOIN lanes AS l ON l.lane = given.value"
    " WHERE l.preferences IS NULL AND l.due_at IS NULL AND l.parked_at IS NULL AND l.not_before IS NULL"
    f" AND {NEWEST.format(lane='given.value')} IS NULL"
    " AND NOT EXISTS (SELECT 1 FROM notices AS n WHERE n.lane = given.value)"
    " AND NOT EXISTS (SELECT 1 FROM watches AS w WHERE w.lane = given.value)"
)

_COUNT = f"SELECT count(*) FROM jobs WHERE status NOT IN {UNFINISHED} AND completed_at < ?1 AND watched = 0"


class SqliteRetention(Retention):
    """Deletes between the writes of turns, in transactions of its own."""

    def __init__(self, group: GroupCommit, readers: GroupCommit, clock: Callable[[], datetime]) -> None:
        self._group = group
        self._readers = readers
        self._clock = clock

    async def sweep(self, before: datetime, after: JobId | None = None) -> Swept:
        return await self._group.write(lambda cursor: _sweep(cursor, micros(before), after or 0))

    async def count(self, before: datetime) -> int:
        values = numbered(micros(before))
        rows = await self._readers.read(lambda cursor: cursor.execute(_COUNT, values).fetchall())
        return int(rows[0][0])

    async def tidy(self, after: str = "") -> str | None:
        return await self._group.write(lambda cursor: tidy(cursor, after, micros(self._clock())))


def _sweep(cursor: Cursor, before: int, after: int) -> Swept:
    looked_at = read_json(cursor, LOOK, numbered(before, after, LOOKED_AT_TOGETHER))
    old = {number: (lane, tenant) for number, lane, tenant, _, is_old in looked_at if is_old}
    for number in read_json(cursor, _OWED, (as_json([*old]),)):
        del old[number]
    if old:
        _delete(cursor, old)
    if len(looked_at) < LOOKED_AT_TOGETHER or looked_at[-1][3] >= before:
        return Swept(len(old), None)
    return Swept(len(old), JobId(looked_at[-1][0]))


def _delete(cursor: Cursor, old: dict[int, tuple[str, str]]) -> None:
    numbers = as_json([*old])
    for table in _OF_JOBS:
        cursor.execute(f"DELETE FROM {table} WHERE job_id IN (SELECT value FROM json_each(?))", (numbers,))
    cursor.execute("DELETE FROM jobs WHERE id IN (SELECT value FROM json_each(?))", (numbers,))
    counted = Counter(tenant for lane, tenant in old.values() if tenant != lane)
    counted[EVERYBODY] = len(old)
    for tenant, count in counted.items():
        run_for_rows(cursor, COUNT_JOBS, [(tenant, 0, -count)])
    lanes = as_json(sorted({lane for lane, _ in old.values()}))
    silent = as_json(read_json(cursor, SILENT, (lanes,)))
    for table in _OF_CONVERSATIONS:
        cursor.execute(f"DELETE FROM {table} WHERE lane IN (SELECT value FROM json_each(?))", (silent,))
