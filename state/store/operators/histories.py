"""The history of one job."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from instants import instant, micros
from jobs.attempts import ATTEMPTS_KEPT_FOR, Attempt
from jobs.history import AHEAD, JobHistory, LaneView
from jobs.job import JOB_ID_LIMIT, JobId
from jobs.lane import LaneKey
from jobs.operators import job_target
from state.store.operators.audit import Audit
from state.store.reports import JOIN_KEPT_NOTICE, REPORT, LaneState, report_of
from state.store.rows import (
    DEAD_LETTER,
    JOB_WIDTH,
    NOTICES_PER_CLAIM,
    dead_letter_of,
    maybe,
)
from state.store.statements import Statements

#: Attempts, and acts, that are shown of one job.
_SHOWN = 200

HISTORY = f"""
SELECT l.tail, l.service_url, n.created_at, (
        SELECT count(*) FROM (SELECT 1 FROM notices AS b WHERE b.lane = j.lane AND b.seq > l.head
            AND b.seq < j.notice_seq AND b.dead_at IS NULL LIMIT {AHEAD}) AS before
    ), {REPORT}
FROM jobs AS j LEFT JOIN lanes AS l ON l.lane = j.lane {JOIN_KEPT_NOTICE}
WHERE j.id = ?1
"""

DEAD = f"""
SELECT {DEAD_LETTER} FROM notices AS n JOIN jobs AS j ON j.id = n.job_id
WHERE n.lane = ?1 AND n.seq = ?2 AND n.dead_at IS NOT NULL
"""

#: The columns of a report before those of its lane.
_BEFORE_LANE = 4 + JOB_WIDTH

_ATTEMPT = "at, lane, seq, through, outcome, status, code, retry_after, next_at"

# Those of messages that began with a notice of the job, and of the messages that its last one was in.
ATTEMPTS = f"""
SELECT {_ATTEMPT} FROM attempts WHERE job_id = ?1 AND at > ?5
UNION
SELECT {_ATTEMPT} FROM attempts WHERE lane = ?2 AND seq <= ?3 AND seq > ?4 AND through >= ?3 AND at > ?5
ORDER BY 1 DESC LIMIT {_SHOWN}
"""


class Histories:
    """Looks at single jobs."""

    def __init__(self, statements: Statements, audit: Audit, clock: Callable[[], datetime]) -> None:
        self._statements = statements
        self._audit = audit
        self._clock = clock

    async def history(self, job_id: JobId) -> JobHistory | None:
        """Return all that is known of a job; None if there is no such job."""
        number = min(job_id, JOB_ID_LIMIT)
        rows = await self._statements.fetch(HISTORY, number)
        if not rows:
            return None
        tail, service_url, owed_at, ahead, *of_report = rows[0]
        report, seq = report_of(of_report), of_report[0]
        now = self._clock()
        dead = await self._statements.fetch(DEAD, report.job.lane, seq) if seq else []
        place = max(seq or 0, 0)
        oldest = micros(now - ATTEMPTS_KEPT_FOR)
        attempts = await self._statements.fetch(
            ATTEMPTS, number, report.job.lane, place, place - NOTICES_PER_CLAIM, oldest
        )
        return JobHistory(
            report=report,
            seq=seq,
            ahead=ahead,
            owed_at=maybe(owed_at),
            lane=None if tail is None else _lane_of(LaneState(*of_report[_BEFORE_LANE:]), tail, service_url),
            dead=dead_letter_of(dead[0]) if dead else None,
            attempts=[_attempt_of(row) for row in reversed(attempts)],
            acts=await self._audit.of(job_target(report.job.id), limit=_SHOWN),
            now=now,
        )


def _lane_of(state: LaneState, tail: int, service_url: str | None) -> LaneView:
    return LaneView(
        state.head,
        tail,
        maybe(state.due_at),
        state.token is not None,
        state.attempts,
        state.last_error,
        maybe(state.parked_at),
        maybe(state.not_before),
        state.passes is not None,
        service_url,
    )


def _attempt_of(row: Sequence[Any]) -> Attempt:
    at, lane, seq, through, outcome, status, code, retry_after, next_at = row
    asked = None if retry_after is None else timedelta(microseconds=retry_after)
    return Attempt(instant(at), LaneKey(lane), seq, through, outcome, status, code, asked, maybe(next_at))
