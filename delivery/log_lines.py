"""What the log says of attempts."""

from delivery.digest import Digest
from delivery.errors import DeliveryError, OutcomeUnknown
from jobs.lane import in_logs
from jobs.notice import Claim, Notice


def failed_attempt(error: DeliveryError, first: Notice, attempts: int) -> str:
    """Return the log message for failed attempt number *attempts* at a message that begins with *first*."""
    came = "may have arrived" if isinstance(error, OutcomeUnknown) else "failed"
    return f"Notice of job {first.job_id}: attempt {attempts} {came}: {error}"


def jobs_of(digest: Digest) -> dict[str, int | list[int]]:
    """Return the fields that say which jobs a line is about: `job`, or `jobs` if there are several."""
    numbers = list(dict.fromkeys(int(notice.job_id) for notice in digest.notices))
    return {"job": numbers[0]} if len(numbers) == 1 else {"jobs": numbers}


def told(claim: Claim, digest: Digest) -> tuple[str, str]:
    """Return whom a message told, and the numbers of the jobs that it is about."""
    return in_logs(claim.lane), ", ".join(str(notice.job_id) for notice in digest.notices)
