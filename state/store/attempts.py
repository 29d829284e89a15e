"""What both stores keep of attempts, in the same way."""

from datetime import timedelta
from typing import Any

from jobs.attempts import ATTEMPTS_KEPT_FOR, KEPT_ATTEMPTS, SENT, Failure
from jobs.notice import Claim
from state.store.leases import Sent

#: The columns of `attempt_row`.
ATTEMPT = "lane, seq, through, job_id, outcome, status, code, retry_after, next_at"
ATTEMPT_WIDTH = 9

#: Old attempts that are deleted with each group of new ones: more than come, so that none are left.
SWEPT_TOGETHER = 300

KEPT_FOR = ATTEMPTS_KEPT_FOR // timedelta(microseconds=1)

_MICROSECOND = timedelta(microseconds=1)


def attempt_row(claim: Claim, failure: Failure, next_at: int | None) -> tuple[Any, ...]:
    """Return the columns `ATTEMPT` of an attempt that failed."""
    asked = None if failure.retry_after is None else failure.retry_after // _MICROSECOND
    first = claim.notices[0]
    told = (failure.outcome, failure.status, failure.code, asked)
    return (claim.lane, first.seq, failure.through, first.job_id, *told, next_at)


def is_late(sent: Sent) -> bool:
    """Return whether a success is worth a row: only after a failure, so that nearly none costs one."""
    return sent.wanted and (sent.claim.attempts > 0 or sent.claim.parked)


def success_row(sent: Sent) -> tuple[Any, ...]:
    """Return the columns `ATTEMPT` of an attempt that succeeded at last."""
    return attempt_row(sent.claim, Failure(sent.through, SENT), None)


def may_be_many(claim: Claim) -> bool:
    """Return whether the notice may have more than `KEPT_ATTEMPTS` rows by now."""
    return claim.attempts + claim.probes >= KEPT_ATTEMPTS
