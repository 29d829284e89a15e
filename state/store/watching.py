"""What both stores keep of watches, in the same way."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from instants import instant
from jobs.job import Job, JobId
from jobs.lane import LaneKey
from jobs.watching import Watch
from state.store.paging import like

#: The columns of `watch_of`, from `watches`.
WATCH = "lane, target, tenant, job_id, reference, service_url, created_at"

#: Ended jobs whose watchers one look tells.
TOLD_TOGETHER = 20

#: Microseconds by which patterns look back: numbers of jobs run ahead of each other between replicas.
MARGIN = timedelta(seconds=10) // timedelta(microseconds=1)


class EndWatched:
    """A job that has ended, and who is to be told."""

    def __init__(self, job: Job, watches: Sequence[Watch]) -> None:
        self.job = job
        self.watches = [watch for watch in watches if watch.wants(job)]


def title_like(watch: Watch) -> str | None:
    """Return a pattern of SQL that fits at least the titles of *watch*: databases fold ASCII alike."""
    return like(re.sub(r"[^\x00-\x7f]+", "*", watch.target)) if watch.job_id is None else None


def watch_of(row: Sequence[Any]) -> Watch:
    """Return the watch in the columns `WATCH`."""
    lane, target, tenant, job_id, reference, service_url, created_at = row
    number = None if job_id is None else JobId(job_id)
    return Watch(LaneKey(lane), target, tenant, number, reference, service_url, instant(created_at))
