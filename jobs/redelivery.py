"""Dead letters by filter: which fit, and a long act over all of them, which goes on after a restart."""

from datetime import datetime
from enum import Enum
from typing import NamedTuple

from jobs.job import JobId
from jobs.lane import webhook_of
from jobs.notice import DeadLetter, LetterPlace


class LetterFilter(NamedTuple):
    """Which dead letters; all of what is given must fit."""

    reason: str | None = None  #: A part of it; case does not matter.
    kind: str | None = None  #: A value of `jobs.notice.NoticeKind`.
    job_id: JobId | None = None
    job_system: str | None = None

    def fits(self, letter: DeadLetter) -> bool:
        """Return whether *letter* is one of those."""
        return (
            (self.reason is None or self.reason.casefold() in letter.error.casefold())
            and self.kind in (None, letter.kind.value)
            and self.job_id in (None, letter.job_id)
            and self.job_system in (None, webhook_of(letter.lane))
        )

    def __str__(self) -> str:
        """Return it as a person would write it into the board's search."""
        given = {"reason": self.reason, "kind": self.kind, "job": self.job_id, "system": self.job_system}
        return " ".join(f"{name}:{_quoted(value)}" for name, value in given.items() if value is not None)


def _quoted(value: object) -> str:
    text = str(value)
    return f'"{text}"' if " " in text else text


def reason_class(letter: DeadLetter) -> str:
    """Return the part of a reason that many have in common: what comes before the details."""
    kind, mark, _ = letter.error.partition("): ")
    return (kind + mark.rstrip(": "))[:80]


class LetterAct(Enum):
    """What may be done to dead letters."""

    REQUEUE = "requeue"
    PURGE = "purge"


class RunState(Enum):
    """How a long act stands."""

    RUNNING = "running"
    STOPPED = "stopped"  #: By an operator, who can let it go on.
    DONE = "done"


class LetterRun(NamedTuple):
    """An act over all dead letters that fit and were dead when it began, a few each second."""

    id: int
    act: LetterAct
    which: LetterFilter
    who: str
    started_at: datetime  #: Letters that die later are left alone: none is requeued twice.
    state: RunState = RunState.RUNNING
    changed: int = 0
    looked_at: int = 0
    after: LetterPlace | None = None  #: The last letter that was looked at.
