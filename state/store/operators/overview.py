"""
Bounded counts, and pages of the queues in which something waits.

Each statement reads at most `COUNTED` entries of an index, however much there is.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from instants import instant, micros
from jobs.job import JobId, JobReport
from jobs.lane import LaneKey, webhook_lanes
from jobs.overview import COUNTED, Backlog, Counts, MutedLane, WaitingLane
from state.store.reports import JOIN_KEPT_NOTICE, REPORT, report_of
from state.store.rows import UNFINISHED, maybe
from state.store.rows import WAITING as WAITING_NOTICES
from state.store.statements import Statements

_MANY = COUNTED + 1

COUNTS = f"""
SELECT (SELECT coalesce(sum(jobs), 0) FROM totals WHERE tenant = ''),
    (SELECT count(*) FROM (SELECT 1 FROM jobs WHERE status IN {UNFINISHED} LIMIT {_MANY}) AS running),
    (SELECT count(*) FROM (SELECT 1 FROM lanes WHERE due_at IS NOT NULL LIMIT {_MANY}) AS waiting),
    (SELECT count(*) FROM (SELECT 1 FROM lanes WHERE parked_at IS NOT NULL LIMIT {_MANY}) AS parked),
    (SELECT count(*) FROM (
        SELECT 1 FROM lanes WHERE not_before IS NOT NULL AND not_before > ?1 LIMIT {_MANY}) AS muted),
    (SELECT count(*) FROM (SELECT 1 FROM notices WHERE dead_at IS NOT NULL LIMIT {_MANY}) AS dead),
    (SELECT min(due_at) FROM lanes WHERE due_at IS NOT NULL),
    (SELECT min(first_attempt_at) FROM (
        SELECT first_attempt_at, kind, parked_at FROM lanes WHERE due_at IS NOT NULL
        ORDER BY due_at LIMIT {_MANY}
    ) AS tried WHERE kind = 'conversation' AND parked_at IS NULL)
"""

REPORTS = f"""
SELECT {REPORT} FROM jobs AS j LEFT JOIN lanes AS l ON l.lane = j.lane {JOIN_KEPT_NOTICE}
WHERE j.id IN ({{}})
"""

#: Jobs that one statement asks for. There are few widths, since each has a prepared statement of its own, and
#: drivers keep a limited number: those of turns must not make room for these.
_WIDTHS = (1, 10, 50, 250, 1_000)

WAITING = f"""
SELECT l.lane, {WAITING_NOTICES}, l.due_at, l.token IS NOT NULL, l.attempts, l.last_error, l.parked_at,
    l.not_before, l.passes IS NOT NULL, n.job_id, n.created_at
FROM (
    SELECT * FROM lanes WHERE due_at IS NOT NULL AND (due_at, lane) > (?1, ?2)
    ORDER BY due_at, lane LIMIT ?3
) AS l LEFT JOIN notices AS n
    ON n.lane = l.lane
    AND n.seq = (SELECT min(m.seq) FROM notices AS m WHERE m.lane = l.lane AND m.seq > l.head)
ORDER BY l.due_at, l.lane
"""

MUTED = f"""
SELECT l.lane, l.not_before, {WAITING_NOTICES} FROM lanes AS l
WHERE not_before IS NOT NULL AND not_before > ?1 AND (not_before, lane) > (?2, ?3)
ORDER BY not_before, lane LIMIT ?4
"""

BACKLOG = f"""
SELECT count(*), min(due_at), max(last_error) FROM (
    SELECT due_at, last_error FROM lanes WHERE lane > ?1 AND lane < ?2 AND tail > head LIMIT {_MANY}
) AS waiting
"""

HASTEN = """
UPDATE lanes SET due_at = ?1
WHERE lane = ?2 AND token IS NULL AND due_at > ?1 AND (not_before IS NULL OR not_before <= ?1)
    AND passes IS NULL RETURNING lane
"""


class Overviews:
    """Looks at all jobs and queues."""

    def __init__(self, statements: Statements, clock: Callable[[], datetime]) -> None:
        self._statements = statements
        self._clock = clock

    async def counts(self) -> Counts:
        """Return how many there are of each."""
        now = self._clock()
        ((jobs, running, waiting, parked, muted, dead, due_at, tried_at),) = await self._statements.fetch(
            COUNTS, micros(now)
        )
        due_since = instant(due_at) if due_at is not None and due_at < micros(now) else None
        return Counts(int(jobs), running, waiting, parked, muted, dead, due_since, maybe(tried_at), now)

    async def reports(self, job_ids: Sequence[JobId]) -> dict[JobId, JobReport]:
        """Return those of these jobs that there are, and how people are told of their ends."""
        found: dict[JobId, JobReport] = {}
        for start in range(0, len(job_ids), _WIDTHS[-1]):
            some = list(job_ids[start : start + _WIDTHS[-1]])
            width = next(width for width in _WIDTHS if width >= len(some))
            places = ", ".join(f"?{place}" for place in range(1, width + 1))
            asked = [*some, *some[-1:] * (width - len(some))]
            rows = await self._statements.fetch(REPORTS.format(places), *asked)
            found |= {report.job.id: report for report in map(report_of, rows)}
        return found

    async def waiting(self, *, limit: int, after: tuple[int, str] = (0, "")) -> list[WaitingLane]:
        """Return queues, the one that is due first at first; *after* is an instant and a key."""
        return [_waiting_of(row) for row in await self._statements.fetch(WAITING, *after, limit)]

    async def muted(self, *, limit: int, after: tuple[int, str] = (0, "")) -> list[MutedLane]:
        """Return conversations that want to hear nothing now, the one that hears next at first."""
        rows = await self._statements.fetch(MUTED, micros(self._clock()), *after, limit)
        return [MutedLane(LaneKey(lane), instant(until), waiting) for lane, until, waiting in rows]

    async def backlog(self, name: str) -> Backlog:
        """Return what waits for a job system."""
        ((waiting, due_at, error),) = await self._statements.fetch(BACKLOG, *webhook_lanes(name))
        return Backlog(name, waiting, None if due_at is None else instant(due_at), error)

    async def hasten(self, lane: LaneKey) -> bool:
        """
        Make a queue due now that waits for another attempt or a probe; return whether it did.

        A conversation that wants to hear nothing now is left alone.
        """
        return bool(await self._statements.write(HASTEN, micros(self._clock()), lane))


def _waiting_of(row: Sequence[Any]) -> WaitingLane:
    lane, waiting, due_at, leased, attempts, error, parked_at, not_before, held, job_id, owed_at = row
    return WaitingLane(
        LaneKey(lane),
        waiting,
        instant(due_at),
        bool(leased),
        attempts,
        error,
        maybe(parked_at),
        maybe(not_before),
        bool(held),
        None if job_id is None else JobId(job_id),
        maybe(owed_at),
    )
