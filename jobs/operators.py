"""Who operates the bot, and the record of what they did."""

from datetime import datetime
from enum import Enum
from typing import NamedTuple


class Role(Enum):
    """What a person who watches the bot may do."""

    VIEWER = "viewer"  #: See.
    OPERATOR = "operator"  #: See, and act.

    def includes(self, needed: "Role") -> bool:
        """Return whether who has this role may do what *needed* may."""
        return self in (needed, Role.OPERATOR)


class Operator(NamedTuple):
    """A person or a script that operates the bot."""

    name: str  #: As the platform vouches for it; with a shared secret, as the person wrote it.
    role: Role
    way: str  #: How they signed in, such as ``secret`` or ``this machine``.


def job_target(job_id: int) -> str:
    """Return how an act on one job names it in the record."""
    return f"job {job_id}"


class AuditEntry(NamedTuple):
    """One act of an operator. Entries are added and never changed."""

    at: datetime
    who: str
    way: str  #: `Operator.way`.
    act: str  #: Such as ``requeue``.
    target: str  #: What it was done to: a job, a conversation, or a filter.
    changed: int  #: How many it concerned.
    id: int = 0  #: Increases with each entry; 0 until it is stored.
