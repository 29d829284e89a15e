"""
Job numbers: increasing, and hard to guess.

A number is the start time of its job in microseconds, or the newest number + 1 if that is greater, plus a
random step. The longest step is the distance to the clock plus `AHEAD`, divided by `SHARE`, so that numbers
stay below 2^53 however many jobs there are.

The probability that one guess hits the job after a known one is 1 / longest step, and twice that for any of
the newest jobs. At 1,500 guesses a second:

| jobs so far | longest step | a hit every |
| --- | --- | --- |
| up to 100,000 | 1,500,000,000 | 6 days |
| 1,000,000 | 1,200,000,000 | 4.6 days |
| 10,000,000 | 140,000,000 | 13 hours |
| one a second for years | 2,000,000 | 11 minutes |

So a number is not a secret; the conversation that started the job is told it anyway.
"""

import secrets

from jobs.job import JOB_ID_LIMIT

AHEAD = 100 * 365 * 86_400 * 1_000_000  #: Microseconds: a hundred years.
SHARE = 2**21


def least_and_longest_step(newest: int, now: int) -> tuple[int, float]:
    """Return the smallest number that the next job may get, and the longest random step above it."""
    least = max(now, newest + 1)
    return least, max(0, min(now + AHEAD, JOB_ID_LIMIT) - least) / SHARE


def unforeseeable() -> float:
    """Return a cryptographically random number in [0, 1)."""
    return secrets.randbits(53) * 2**-53
