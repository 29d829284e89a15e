"""Changes that are committed together, and the claims that result."""

from collections.abc import Callable
from typing import Generic, TypeVar, cast

from jobs.changes import (
    AskCancel,
    BeginJob,
    Change,
    DeferLane,
    Finished,
    FinishJob,
    Outcome,
    Owed,
    StartJob,
)
from jobs.job import JobId
from jobs.lane import LaneKey
from jobs.notice import Claim
from jobs.ports import Courier, JobStore

T = TypeVar("T")


class NotCommitted(Exception):
    """An outcome was read before the change was committed."""


class Staged(Generic[T]):
    """A change that waits for the commit, and afterwards its outcome."""

    def __init__(self, change: Change) -> None:
        """Stage *change*."""
        self.change = change
        self._outcome: tuple[T] | None = None

    @property
    def outcome(self) -> T:
        """The outcome of the change. Raises `NotCommitted` before the commit."""
        if self._outcome is None:
            raise NotCommitted(
                "ask what came of a change after the commit: in a turn, JobState.save_changes(turn)"
            )
        return self._outcome[0]

    def note(self, outcome: Outcome) -> None:
        """Set the outcome that the store returned."""
        self._outcome = (cast(T, outcome),)


class UnitOfWork:
    """
    Collects changes, commits them in one transaction, and hands the new claims to the courier.

    Claims on *own_lane*, the turn's conversation, wait for `hand_over`, so that the turn's reply comes before
    the notices that it caused.
    """

    def __init__(
        self,
        store: JobStore,
        courier: Courier | None,
        *,
        own_lane: LaneKey | None = None,
        changed: Callable[[JobId], None] | None = None,
    ) -> None:
        """*changed* is called for each job that a commit changed."""
        self._store = store
        self._courier = courier
        self._own_lane = own_lane
        self._changed = changed
        self._staged: list[Staged[object]] = []
        self._held_back: list[Claim] = []

    def stage(self, change: Change) -> Staged[T]:
        """Add *change* to the next commit."""
        staged: Staged[T] = Staged(change)
        self._staged.append(cast(Staged[object], staged))
        return staged

    def __len__(self) -> int:
        """The number of changes that are staged and not committed."""
        return len(self._staged)

    def new_token(self) -> str | None:
        """Return a token for a lease; None if there is no courier or it has no capacity."""
        return None if self._courier is None else self._courier.new_token()

    def clear(self) -> None:
        """Discard staged changes that are not committed."""
        self._staged.clear()

    async def commit(self) -> None:
        """
        Commit the staged changes in one transaction; do nothing if there are none.

        Raises `StoreUnavailable`; then the staged changes are discarded and have no outcome.
        """
        if not self._staged:
            return
        staged, self._staged = self._staged, []
        outcomes = await self._store.commit([each.change for each in staged])
        for each, outcome in zip(staged, outcomes, strict=True):
            each.note(outcome)
            if self._changed is not None and isinstance(each.change, BeginJob | FinishJob | AskCancel):
                self._changed(each.change.job_id)
            if isinstance(outcome, Finished | Owed) and outcome.claim is not None:
                self._hand_over_or_hold_back(outcome.claim)
        if self._courier is not None and any(_makes_due(each.change) for each in staged):
            self._courier.look()

    def hand_over(self) -> None:
        """Hand the claims on the turn's own conversation to the courier."""
        claims, self._held_back = self._held_back, []
        for claim in claims:
            self._deliver(claim)

    def _hand_over_or_hold_back(self, claim: Claim) -> None:
        if claim.lane == self._own_lane:
            self._held_back.append(claim)
        else:
            self._deliver(claim)

    def _deliver(self, claim: Claim) -> None:
        if self._courier is not None:
            self._courier.take(claim)


def _makes_due(change: Change) -> bool:
    """Return whether *change* may have made something due that nobody was given."""
    if isinstance(change, DeferLane):
        return change.until is None
    return isinstance(change, AskCancel) or (isinstance(change, StartJob) and change.webhook is not None)
