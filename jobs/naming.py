"""
Short names of jobs: their last digits, as many as tell them apart.

Numbers of jobs that were started one after the other begin alike, and their last digits are random.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from jobs.job import JobId

#: Digits of a short name at least: with fewer, the next job would often have the same.
LEAST_DIGITS = 4

_WHOLE = 16  # Digits of any job's number, at most.


class JobName(NamedTuple):
    """What a person calls a job."""

    text: str
    number: JobId | None = None  #: If the text has digits only; its number, or the last digits of that.


def shortest_suffixes(wanted: Sequence[JobId], known: Iterable[JobId] = ()) -> dict[JobId, str]:
    """Return the last digits of each *wanted* job, so many that it differs from the rest and all *known*."""
    everyone = {*wanted, *known}
    names: dict[JobId, str] = {}
    left: set[JobId] = set(wanted)
    for digits in range(LEAST_DIGITS, _WHOLE + 1):
        if not left:
            break
        size = 10**digits
        count = Counter(job_id % size for job_id in everyone)
        for job_id in [each for each in left if count[each % size] == 1 or digits == _WHOLE]:
            names[job_id] = str(job_id)[-digits:]
            left.discard(job_id)
        everyone = {each for each in everyone if count[each % size] > 1}
    return names


def has_suffix(job_id: JobId, digits: str) -> bool:
    """Return whether the number of a job ends in these *digits*."""
    return str(job_id).endswith(digits)
