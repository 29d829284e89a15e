"""Statements over watches. Each runs inside the caller's transaction."""

from collections.abc import Sequence
from sqlite3 import Cursor

from jobs.changes import OweReply
from jobs.job import JobId
from jobs.lane import LaneKey
from jobs.watching import WATCHES, Watch
from state.store.rows import JOB, UNFINISHED, job_of
from state.store.sqlite.owing import owe_reply
from state.store.sqlite.reading import storable
from state.store.watching import MARGIN, TOLD_TOGETHER, WATCH, EndWatched, title_like, watch_of

ENDED = (
    f"SELECT {JOB} FROM jobs AS j WHERE j.watched = 1 AND j.status NOT IN {UNFINISHED}"
    f" ORDER BY j.id LIMIT {TOLD_TOGETHER}"
)


def watch(cursor: Cursor, wanted: Watch, now: int) -> bool:
    """Keep a watch, and mark the jobs that it is about; return whether there was room for it."""
    counted = "SELECT count(*) FROM watches WHERE lane = ? AND target <> ?"
    (others,) = cursor.execute(counted, (wanted.lane, wanted.target)).fetchone()
    if others >= WATCHES:
        return False
    (newest,) = cursor.execute("SELECT coalesce(max(id), 0) FROM jobs").fetchone()
    cursor.execute(
        f"INSERT INTO watches ({WATCH}, title_like, marked_through) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (lane, target) DO NOTHING",
        (*wanted[:6], now, title_like(wanted), newest if wanted.job_id is None else None),
    )
    if wanted.job_id is not None:
        cursor.execute("UPDATE jobs SET watched = 1 WHERE id = ? AND watched = 0", (storable(wanted.job_id),))
    else:
        cursor.execute(
            f"UPDATE jobs SET watched = 1 WHERE watched = 0 AND status IN {UNFINISHED}"
            r" AND title LIKE ? ESCAPE '\'",
            (title_like(wanted),),
        )
    return True


def unwatch(cursor: Cursor, lane: LaneKey, target: str | None) -> int:
    """Forget one watch of a conversation, or all; return how many there were."""
    if target is None:
        return cursor.execute("DELETE FROM watches WHERE lane = ?", (lane,)).rowcount
    one = "DELETE FROM watches WHERE lane = ? AND target = ?"
    return cursor.execute(one, (lane, target)).rowcount


def watches_of(cursor: Cursor, lane: LaneKey) -> list[Watch]:
    """Return what a conversation watches, the oldest first."""
    of_lane = f"SELECT {WATCH} FROM watches WHERE lane = ? ORDER BY created_at, target"
    return [watch_of(row) for row in cursor.execute(of_lane, (lane,))]


def unmarked(cursor: Cursor) -> bool:
    """Return whether there are jobs that no pattern has been compared with."""
    (first,) = cursor.execute("SELECT min(marked_through) FROM watches").fetchone()
    if first is None:
        return False
    (newest,) = cursor.execute("SELECT coalesce(max(id), 0) FROM jobs").fetchone()
    return bool(newest > first)


def mark(cursor: Cursor) -> None:
    """Mark the new jobs that patterns fit."""
    (first,) = cursor.execute("SELECT min(marked_through) FROM watches").fetchone()
    if first is None:
        return
    (newest,) = cursor.execute("SELECT coalesce(max(id), 0) FROM jobs").fetchone()
    cursor.execute(
        "UPDATE jobs SET watched = 1 WHERE watched = 0 AND id > ? AND EXISTS (SELECT 1 FROM watches AS w"
        r" WHERE w.title_like IS NOT NULL AND jobs.title LIKE w.title_like ESCAPE '\')",
        (first - MARGIN,),
    )
    cursor.execute("UPDATE watches SET marked_through = ? WHERE marked_through < ?", (newest, newest))


def ended(cursor: Cursor) -> list[EndWatched]:
    """Return jobs that have ended and whose watchers are to be told."""
    jobs = [job_of(row) for row in cursor.execute(ENDED).fetchall()]
    return [EndWatched(job, _watches_about(cursor, job.id)) for job in jobs]


def _watches_about(cursor: Cursor, job_id: int) -> Sequence[Watch]:
    about = f"SELECT {WATCH} FROM watches WHERE job_id = ? OR job_id IS NULL"
    return [watch_of(row) for row in cursor.execute(about, (job_id,))]


def tell_watchers(cursor: Cursor, job_id: JobId, replies: Sequence[OweReply], now: int, lease: int) -> bool:
    """Owe the replies to the watchers of an ended job, once; return whether that was still to be done."""
    told = "UPDATE jobs SET watched = 2 WHERE id = ? AND watched = 1"
    if not cursor.execute(told, (storable(job_id),)).rowcount:
        return False
    for reply in replies:
        owe_reply(cursor, reply, now, lease)
    cursor.execute("DELETE FROM watches WHERE job_id = ?", (storable(job_id),))
    return True
