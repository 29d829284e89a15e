"""
What number the next job gets: one that rises with each job, and that is hard to guess.

A number is the instant when its job was started, in microseconds, or follows the newest in the log where
that is later; either goes on by a random step. Each step is at most one part in `SHARE` of what is left until
`AHEAD` of the clock, so that numbers stay below 2^53 however many jobs there are.

The odds that one guess names a job that follows a known one are 1 to the longest step, and twice that for any
job at all among the newest. At 1,500 guesses a second:

| jobs so far | longest step | a hit every |
| --- | --- | --- |
| up to 100,000 | 1,500,000,000 | 6 days |
| 1,000,000 | 1,200,000,000 | 4.6 days |
| 10,000,000 | 140,000,000 | 13 hours |
| one a second for years | 2,000,000 | 11 minutes |

So a number is no secret, least of all in the conversation that asked, which is told it.
"""

import secrets

from jobs.job import JOB_ID_LIMIT

AHEAD = 100 * 365 * 86_400 * 1_000_000  #: Microseconds: a hundred years.
SHARE = 2**21


def least_and_longest_step(newest: int, now: int) -> tuple[int, float]:
    """Return the least number that the next job may get, and how much more it may be."""
    least = max(now, newest + 1)
    return least, max(0, min(now + AHEAD, JOB_ID_LIMIT) - least) / SHARE


def unforeseeable() -> float:
    """Return a number in [0, 1) that nobody can foresee."""
    return secrets.randbits(53) * 2**-53
