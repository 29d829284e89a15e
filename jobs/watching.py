"""Who is told of the end of jobs that another conversation started, or none."""

from datetime import datetime
from fnmatch import fnmatchcase
from typing import NamedTuple

from jobs.job import Job, JobId
from jobs.lane import LaneKey, is_personal

#: Things that one conversation may watch.
WATCHES = 100


class Watch(NamedTuple):
    """A conversation that wants to be told of the end of one job, or of all whose titles fit a pattern."""

    lane: LaneKey
    target: str  #: The job's number, or the pattern: one watch of each for a conversation.
    tenant: str | None  #: The tenant whose jobs it may see, its lane without one; None sees all.
    job_id: JobId | None
    reference: str  #: JSON of the stored conversation reference.
    service_url: str  #: The conversation's service URL, in the stored form.
    created_at: datetime | None = None  #: Set by the store.

    def wants(self, job: Job) -> bool:
        """Return whether the conversation is to be told of the end of *job*."""
        if job.lane == self.lane:  # It is told anyway.
            return False
        if self.job_id is not None:
            return self.job_id == job.id
        return not self._is_newer_than_the_end(job) and self._sees(job) and _fits(job.title, self.target)

    def knows_the_title(self, job: Job) -> bool:
        """Return whether it may read what *job* is about."""
        return self.tenant is None or not is_personal(job.lane)

    def _is_newer_than_the_end(self, job: Job) -> bool:
        ended_at, since = job.finished_at, self.created_at
        return ended_at is not None and since is not None and ended_at < since

    def _sees(self, job: Job) -> bool:
        if self.tenant is None:
            return True
        same = job.tenant == self.tenant and (self.tenant != self.lane or job.lane == self.lane)
        return same and self.knows_the_title(job)


def is_pattern(text: str) -> bool:
    """Return whether *text* is a pattern for titles."""
    return "*" in text or "?" in text


def _fits(title: str | None, pattern: str) -> bool:
    # `[` has a meaning in fnmatch, and none for people.
    return title is not None and fnmatchcase(title.casefold(), pattern.casefold().replace("[", "[[]"))
