"""What both stores say of leases in the same way."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from jobs.job import JobId
from jobs.notice import Claim


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """The notices of *claim* up to seq *through* were sent."""

    claim: Claim
    through: int
    message_ids: Mapping[JobId, str]  #: To keep with their jobs.
    wanted: bool = True  #: Otherwise they were not sent: nobody wants them.


#: How long a lane is parked before its oldest notice is tried as a probe: at first, and at most. No channel
#: says that an administrator allows an app again, or that a user unblocks a bot.
FIRST_PROBE, LONGEST_BETWEEN_PROBES = timedelta(hours=4), timedelta(hours=24)


#: No lane waits longer, unless it is deferred. An instant further ahead was stored by a wrong clock.
LONGEST_WAIT = LONGEST_BETWEEN_PROBES + timedelta(hours=1)


def probe_after(probes: int) -> timedelta:
    """Return how long a lane is parked after *probes* probes that failed."""
    return min(FIRST_PROBE * (1 << min(probes, 8)), LONGEST_BETWEEN_PROBES)


def claim_after(claim: Claim, *, leased_until: datetime, service_url: str | None, waited: int) -> Claim:
    """Return the claim on what waits behind the notices of *claim* that were settled; without the notices."""
    return claim._replace(
        leased_until=leased_until,
        notices=(),
        attempts=0,
        waited=waited,
        service_url=service_url,
        tried_for=timedelta(),
        unknowns=0,
        parked=False,
        probes=0,
    )


def new_token() -> str:
    """Return a unique random token for a lease."""
    return secrets.token_hex(8)
