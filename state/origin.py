"""The sender and the conversation of a turn's activity, as the job log stores them."""

from botbuilder.schema import Activity

from jobs.lane import LaneKey, lane_key
from state.addresses import VouchedBy, dump_address
from state.references import stored_reference, tenant_of
from text import NAME_LENGTH, one_line


class Origin:
    """
    The values that the job log needs from a turn's activity.

    Most turns use few of them, so most are computed on access.
    """

    __slots__ = ("_activity", "activity_id", "address", "lane")

    def __init__(self, activity: Activity, vouched_by: VouchedBy = VouchedBy.NONE) -> None:
        """Read *activity*; *vouched_by* says who vouches for its service URL."""
        self._activity = activity
        self.lane: LaneKey = lane_key(activity.channel_id, activity.conversation.id)
        self.activity_id: str | None = activity.id or None
        self.address: str = dump_address(activity.service_url, vouched_by)

    @property
    def tenant(self) -> str:
        """The tenant's id, or the lane key if the channel has no tenants."""
        return tenant_of(self._activity) or self.lane

    @property
    def user(self) -> str | None:
        """The sender's display name."""
        sender = self._activity.from_property
        return one_line(sender.name, NAME_LENGTH) if sender and sender.name else None

    @property
    def user_id(self) -> str | None:
        """The sender's id in the channel."""
        sender = self._activity.from_property
        return sender.id or None if sender else None

    @property
    def reference(self) -> str:
        """JSON of the conversation reference, for later notices."""
        return stored_reference(self._activity)

    @property
    def idempotency_key(self) -> str | None:
        """
        Lane and activity id: the same whenever the channel resends this activity.

        The separator cannot occur in either, because the intake refuses control characters in ids.
        """
        return None if self.activity_id is None else f"{self.lane}\x1f{self.activity_id}"
