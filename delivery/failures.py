"""What is kept of a failed attempt, for operators."""

from delivery.digest import Digest
from delivery.errors import DeliveryError, Throttled, Unavailable
from jobs.attempts import Failure


def failure_of(error: DeliveryError, digest: Digest) -> Failure:
    """Return what is kept of the attempt at *digest* that ended in *error*."""
    asked = error.retry_after if isinstance(error, Throttled | Unavailable) else None
    return Failure(digest.notices[-1].seq, type(error).__name__, error.status, error.code, asked)
