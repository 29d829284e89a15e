"""What both stores say of leases in the same way."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from jobs.job import JobId
from jobs.notice import Claim


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """The notices of *claim* up to seq *through* were sent."""

    claim: Claim
    through: int
    message_ids: Mapping[JobId, str]  #: To keep with their jobs.


def new_token() -> str:
    """Return a unique random token for a lease."""
    return secrets.token_hex(8)
