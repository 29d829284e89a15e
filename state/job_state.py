"""`JobState`: the Bot Framework's state object over the job log, one unit of work a turn."""

from typing import cast

from botbuilder.core import BotState, StatePropertyAccessor, TurnContext

from jobs.lane import Heard, lane_key
from jobs.service import JobService
from state.addresses import VOUCHED_BY, VouchedBy, dump_address
from state.job_log import JobLog
from state.origin import Origin

_KEY = "ProactiveBot.JobState"


class JobState(BotState):  # type: ignore[misc]  # The SDK is untyped.
    """
    The job log in the form of a `BotState`, independent of user and conversation.

    Unlike a stock `BotState` it is not one document: `create_property("JobLog")` returns an accessor whose
    `get` binds a `JobLog` to the turn, and `save_changes` commits the turn's changes in one transaction. The
    log is never loaded or written as a whole, so a turn's cost does not depend on its size, and concurrent
    turns do not overwrite each other.
    """

    def __init__(self, service: JobService, *, within_tenant: bool = False) -> None:
        """
        Read and change the jobs of *service*.

        With *within_tenant* a turn sees only the jobs of its own tenant, or of its own conversation if the
        channel has no tenants.
        """
        super().__init__(None, _KEY)
        self._service = service
        self._within_tenant = within_tenant

    def create_property(self, name: str) -> "JobLogAccessor":
        """Return the accessor of ``JobLog``, the only property."""
        if name != JobLogAccessor.NAME:
            raise ValueError(
                f"JobState has one property, {JobLogAccessor.NAME!r}; keep {name!r} in a state of your own"
            )
        return JobLogAccessor(self)

    def get_storage_key(self, turn_context: TurnContext) -> str:
        """Return the key of the job log, the same in every turn."""
        return _KEY

    def job_log(self, turn: TurnContext) -> JobLog:
        """Return the turn's `JobLog`; binds one on first use."""
        log: JobLog | None = turn.turn_state.get(_KEY)
        if log is None:
            origin = Origin(turn.activity, _vouched_by(turn))
            log = turn.turn_state[_KEY] = JobLog(self._service, origin, within_tenant=self._within_tenant)
        return log

    async def load(self, turn_context: TurnContext, force: bool = False) -> None:
        """Bind the job log to the turn; reads nothing."""
        self.job_log(turn_context)

    async def save_changes(self, turn_context: TurnContext, force: bool = False) -> None:
        """
        Commit the staged changes in one transaction; do nothing if there are none.

        Claims that the commit returned go to the courier at once. A claim on the turn's own conversation
        waits for `hand_over`, so that the turn's reply comes first. Raises `StoreUnavailable`.
        """
        log: JobLog | None = turn_context.turn_state.get(_KEY)
        if log is not None:
            await log.unit_of_work.commit()

    def hand_over(self, turn: TurnContext) -> None:
        """Hand the claim on the turn's own conversation to the courier, after the turn's replies."""
        log: JobLog | None = turn.turn_state.get(_KEY)
        if log is not None:
            log.unit_of_work.hand_over()

    def hear(self, turn: TurnContext, *, speaks: bool, leaves: bool = False) -> None:
        """Record a sign of life of the turn's conversation; if it *speaks*, its parked lane is opened."""
        said = turn.activity
        lane = lane_key(said.channel_id, said.conversation.id)
        address = dump_address(said.service_url, _vouched_by(turn))
        self._service.hear(Heard(lane=lane, service_url=address, speaks=speaks, leaves=leaves))

    def hear_job_system(self) -> None:
        """Record a report of a job system, whose name the turn does not know: what waits for it goes now."""
        self._service.hear_job_system(None)

    async def clear_state(self, turn_context: TurnContext) -> None:
        """Discard the staged changes."""
        self.job_log(turn_context).unit_of_work.clear()

    async def delete(self, turn_context: TurnContext) -> None:
        """Raise: a turn must not delete the jobs of all users."""
        raise TypeError("the job log is not deleted from a turn")


class JobLogAccessor(StatePropertyAccessor):  # type: ignore[misc]  # The SDK is untyped.
    """The property ``JobLog`` of a `JobState`."""

    NAME = "JobLog"

    def __init__(self, state: JobState) -> None:
        """Access the job log of *state*."""
        self._state = state

    async def get(self, turn_context: TurnContext, default_value_or_factory: object = None) -> JobLog:
        """Return the `JobLog` of this turn."""
        return self._state.job_log(turn_context)

    async def set(self, turn_context: TurnContext, value: object) -> None:
        """Raise: the log is changed with `JobLog.start` and `JobLog.complete`, never replaced."""
        raise TypeError("the job log is not replaced: use JobLog.start and JobLog.complete")

    async def delete(self, turn_context: TurnContext) -> None:
        """Raise, like `JobState.delete`."""
        await self._state.delete(turn_context)


def _vouched_by(turn: TurnContext) -> VouchedBy:
    """Return who vouches for the turn's service URL; a `TestAdapter` does not set it."""
    return cast(VouchedBy, turn.turn_state.get(VOUCHED_BY, VouchedBy.NONE))
