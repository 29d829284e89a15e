"""Jobs that ended long ago are deleted, with all that hangs on them; and what turns leave behind."""

from datetime import datetime
from typing import NamedTuple, Protocol

from jobs.job import JobId

#: Jobs, or rows of another table, that are looked at together. On SQLite that holds up writers for a
#: millisecond or two; ten times as many doubled the longest waits of turns.
LOOKED_AT_TOGETHER = 20


class Swept(NamedTuple):
    """What a look at some of the oldest jobs came to."""

    jobs: int  #: Deleted.
    after: JobId | None  #: Where the next look goes on; None when all that are old enough were looked at.


class Retention(Protocol):
    """
    Deletes what is old. All methods raise `StoreUnavailable`.

    A job is old when it ended before an instant, and nothing is owed to anybody for it: neither a notice that
    waits, nor a dead letter. Its attempts, its watches and its live message go with it, and those of its
    conversation in which there was no other job, and nothing is set: members who were welcomed, the bookmark.
    """

    async def sweep(self, before: datetime, after: JobId | None = None) -> Swept:
        """Look at `LOOKED_AT_TOGETHER` jobs from *after* on, and delete those that ended before *before*."""

    async def count(self, before: datetime) -> int:
        """Return how many jobs ended before *before*; something may still be owed for some of them."""

    async def tidy(self, after: str = "") -> str | None:
        """
        Take away what turns leave behind, among `LOOKED_AT_TOGETHER` rows from the key *after* on.

        That are rows of lanes in which nothing waits and for which nothing is set, addresses that no job
        needs, notes of which activity started which job, and what only earlier versions need: see
        `state.store.succession`. Returns where the next look goes on; None at the end.
        """
