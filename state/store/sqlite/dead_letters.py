"""Statements over dead letters."""

from collections.abc import Sequence
from sqlite3 import Cursor

from instants import micros
from jobs.job import JobId
from jobs.lane import webhook_of
from jobs.notice import DeadLetter, LetterPlace
from state.store.rows import DEAD_LETTER, dead_letter_of
from state.store.sqlite.queueing import ADDRESS, first_probe, keep_lane
from state.store.sqlite.reading import storable
from state.store.sqlite.statements import numbered
from state.store.webhooks import webhook_address

_SELECT = (
    f"SELECT {DEAD_LETTER} FROM notices AS n JOIN jobs AS j ON j.id = n.job_id WHERE n.dead_at IS NOT NULL"
)

_OF_WEBHOOK = "UPDATE lanes SET kind = 'webhook', service_url = ? WHERE lane = ?"
_OF_CONVERSATION = (
    f"UPDATE lanes SET service_url = (SELECT {ADDRESS} FROM jobs AS j WHERE j.id = ?2 AND j.lane = ?1)"
    " WHERE lane = ?1 AND service_url IS NULL"
)


def list_dead_letters(
    cursor: Cursor, *, limit: int, after: DeadLetter | LetterPlace | None
) -> list[DeadLetter]:
    """Return at most *limit* dead letters, oldest first, starting after *after*."""
    place = (0, "", 0) if after is None else (micros(after.dead_at), after.lane, after.seq)
    rows = cursor.execute(
        f"{_SELECT} AND (n.dead_at, n.lane, n.seq) > (?, ?, ?) ORDER BY n.dead_at, n.lane, n.seq LIMIT ?",
        (*place, limit),
    )
    return [dead_letter_of(row) for row in rows]


def find_dead_letter(cursor: Cursor, job_id: JobId) -> DeadLetter | None:
    """Return the dead letter of a job."""
    row = cursor.execute(
        f"{_SELECT} AND j.id = ? AND n.lane = j.lane AND n.seq = j.notice_seq", (storable(job_id),)
    ).fetchone()
    return None if row is None else dead_letter_of(row)


def requeue_dead_letter(cursor: Cursor, job_id: JobId, now: int) -> bool:
    """Put the notice back at the end of its lane; return whether there was a dead letter."""
    letter = find_dead_letter(cursor, job_id)
    return letter is not None and requeue_letters(cursor, [letter], now) == 1


def requeue_letters(cursor: Cursor, letters: Sequence[DeadLetter], now: int) -> int:
    """Put the notices back at the ends of their lanes; return how many of them were dead letters."""
    return sum(_requeue(cursor, letter, now) for letter in letters)


def _requeue(cursor: Cursor, letter: DeadLetter, now: int) -> bool:
    dead = "SELECT job_id FROM notices WHERE lane = ? AND seq = ? AND dead_at IS NOT NULL"
    if cursor.execute(dead, (letter.lane, letter.seq)).fetchone() is None:
        return False
    _restore_lane(cursor, letter, now)
    (seq,) = cursor.execute(
        "UPDATE lanes SET tail = tail + 1,"
        " due_at = CASE WHEN tail = head AND parked_at IS NULL THEN max(?, coalesce(not_before, 0))"
        " ELSE coalesce(due_at, ?) END"
        " WHERE lane = ? RETURNING tail",
        (now, first_probe(now), letter.lane),
    ).fetchone()
    cursor.execute(
        "UPDATE jobs SET notice_seq = ? WHERE id = ? AND lane = ? AND notice_seq = ?",
        (seq, letter.job_id, letter.lane, letter.seq),
    )
    # The instant of an event stands in its id, by which the job system knows it.
    created_at = micros(letter.created_at) if webhook_of(letter.lane) else now
    cursor.execute(
        "UPDATE notices SET seq = ?, created_at = ?, dead_at = NULL, attempts = NULL, status = NULL,"
        " last_error = NULL WHERE lane = ? AND seq = ?",
        (seq, created_at, letter.lane, letter.seq),
    )
    return True


def _restore_lane(cursor: Cursor, letter: DeadLetter, now: int) -> None:
    """Give the lane a row again, with where its notices go."""
    webhook = webhook_of(letter.lane)
    keep_lane(cursor, letter.lane, now)
    if webhook is not None:
        cursor.execute(_OF_WEBHOOK, (webhook_address(webhook), letter.lane))
    else:
        cursor.execute(_OF_CONVERSATION, numbered(letter.lane, letter.job_id))


def purge_letters(cursor: Cursor, letters: Sequence[DeadLetter]) -> int:
    """Delete the dead letters; return how many there were."""
    purged = 0
    for letter in letters:
        cursor.execute(
            "UPDATE jobs SET notice_seq = 0 WHERE id = ? AND lane = ? AND notice_seq = ?"
            " AND EXISTS (SELECT 1 FROM notices AS n WHERE n.lane = jobs.lane AND n.seq = jobs.notice_seq"
            " AND n.dead_at IS NOT NULL)",
            (letter.job_id, letter.lane, letter.seq),
        )
        purged += cursor.execute(
            "DELETE FROM notices WHERE lane = ? AND seq = ? AND dead_at IS NOT NULL",
            (letter.lane, letter.seq),
        ).rowcount
    return purged


def purge_dead_letters(cursor: Cursor, before: int) -> int:
    """Delete those that died before *before*; return how many."""
    cursor.execute(
        "UPDATE jobs SET notice_seq = 0 FROM notices AS n WHERE n.dead_at < ?"
        " AND jobs.id = n.job_id AND jobs.lane = n.lane AND jobs.notice_seq = n.seq",
        (before,),
    )
    return cursor.execute("DELETE FROM notices WHERE dead_at < ?", (before,)).rowcount
