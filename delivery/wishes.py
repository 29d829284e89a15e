"""What the people in a conversation want to be told now, and what to do with the other notices."""

from collections.abc import Sequence
from datetime import datetime
from itertools import takewhile
from typing import NamedTuple, Protocol

from jobs.job import JobStatus
from jobs.lane import LaneKey
from jobs.notice import Claim, Notice, NoticeKind
from jobs.preferences import Hold, Only, load_preferences

#: The ends that `Only.CHANGES` compares: a job that was cancelled says nothing about the next one.
_OUTCOMES = {NoticeKind.SUCCEEDED: JobStatus.SUCCEEDED, NoticeKind.FAILED: JobStatus.FAILED}


class Wanted(NamedTuple):
    """The claim with notices to send now: the oldest of the lane."""

    claim: Claim


class Unwanted(NamedTuple):
    """Nobody wants the notices up to a seq."""

    through: int


class Outcomes(Protocol):
    """The method of a store that is used here; see `state.store.port.Outbox`."""

    async def outcomes_before(self, lane: LaneKey, notices: Sequence[Notice]) -> list[JobStatus | None]: ...


async def wanted(claim: Claim, outcomes: Outcomes, now: datetime) -> Wanted | Unwanted | Hold:
    """
    Return what to do about the oldest notices of *claim*: send them, drop them, or hold the lane.

    Raises `StoreUnavailable`.
    """
    preferences = load_preferences(claim.preferences)
    unwanted = await _unwanted(claim, preferences.only, outcomes)
    dropped = list(takewhile(lambda notice: notice.seq in unwanted, claim.notices))
    if dropped:
        return Unwanted(dropped[-1].seq)
    hold = preferences.hold(now)

    def goes(notice: Notice) -> bool:
        return notice.seq not in unwanted and (hold is None or notice.kind in hold.passes)

    going = tuple(takewhile(goes, claim.notices))
    if not going and hold is not None:
        return hold
    return Wanted(claim._replace(notices=going))


async def _unwanted(claim: Claim, only: Only | None, outcomes: Outcomes) -> set[int]:
    """Return the places of the notices that nobody wants."""
    if only is Only.FAILURES:
        return {notice.seq for notice in claim.notices if notice.kind is NoticeKind.SUCCEEDED}
    if only is not Only.CHANGES:
        return set()
    ends = [notice for notice in claim.notices if notice.kind in _OUTCOMES]
    titled = [notice for notice in ends if notice.title]
    before = (
        dict(zip(titled, await outcomes.outcomes_before(claim.lane, titled), strict=True)) if titled else {}
    )
    # Without one before, all is taken to have been well.
    return {
        notice.seq for notice in ends if _OUTCOMES[notice.kind] is (before.get(notice) or JobStatus.SUCCEEDED)
    }
