"""What both stores keep of live messages, in the same way."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from instants import micros
from jobs.job import Job
from jobs.live import LiveMessage
from state.store.rows import JOB_WIDTH, STORED_STATUS, job_of

#: Live messages that one look claims.
CLAIMED_TOGETHER = 20

#: How long a claim lasts: longer than a send may take, so that an older state never overwrites a newer one.
LEASE = timedelta(seconds=60)

#: The columns of `live_of`, from `live_messages AS m`, before those of the job.
LIVE = "m.message_id, m.reference, m.service_url, m.attempts"

#: How a message shows something else than its job; ``{is_not}`` is the database's comparison with NULL.
DIFFERS = (
    "(m.shown_status <> j.status OR m.shown_report {is_not} j.report"
    " OR m.shown_cancel {is_not} j.cancel_asked_at)"
)


def live_of(row: Sequence[Any]) -> LiveMessage:
    """Return the message in the columns `LIVE` and those of its job."""
    return LiveMessage(job_of(row[-JOB_WIDTH:]), *row[:4])


def shown_by(job: Job) -> tuple[str, str | None, int | None]:
    """Return what a message shows that shows *job*."""
    cancel = None if job.cancel_asked_at is None else micros(job.cancel_asked_at)
    return STORED_STATUS[job.status], job.report, cancel
