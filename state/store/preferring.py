"""What both stores do about the preferences of conversations in the same way."""

from collections.abc import Sequence, Set
from datetime import datetime, timedelta

from jobs.notice import Claim, Notice, NoticeKind

#: Newest jobs of a conversation among which the last one with the same title is looked for.
JOBS_LOOKED_BACK = 1_000

#: An SQL list of the kinds whose place in the lane is kept with the job as well.
ENDS = f"({', '.join(repr(kind.value) for kind in NoticeKind if kind.is_of_an_end)})"


def dump_passes(passes: Set[NoticeKind]) -> str:
    """Return *passes* as a lane keeps them; the order does not depend on the process."""
    return ",".join(sorted(kind.value for kind in passes))


def rearranged(claim: Claim, notices: Sequence[Notice], *, leased_until: datetime) -> Claim:
    """Return the claim on the lane after the moves: another notice is the first, and was not tried yet."""
    return claim._replace(
        leased_until=leased_until, notices=notices, attempts=0, tried_for=timedelta(), unknowns=0
    )


def passes_by(passes: str | None, kind: NoticeKind) -> bool:
    """Return whether a notice of this kind is due although the lane is held."""
    return passes is not None and kind.value in passes.split(",")
