"""Who speaks in a turn, and from where."""

from botbuilder.schema import Activity

from jobs.lane import LaneKey, lane_key
from state.addresses import VouchedBy, dump_address
from state.references import dump_reference, reference_to, tenant_of
from text import NAME_LENGTH, one_line


class Origin:
    """
    What the job log needs to know of the activity that a turn answers.

    Most turns need little of it, so that each part is made when it is asked for.
    """

    __slots__ = ("_activity", "activity_id", "address", "lane")

    def __init__(self, activity: Activity, vouched_by: VouchedBy = VouchedBy.NONE) -> None:
        """Take what there is from *activity*, for whose service URL *vouched_by* vouches."""
        self._activity = activity
        self.lane: LaneKey = lane_key(activity.channel_id, activity.conversation.id)
        self.activity_id: str | None = activity.id or None
        self.address: str = dump_address(activity.service_url, vouched_by)

    @property
    def tenant(self) -> str:
        """The tenant's id, or the lane itself where the channel has no tenants."""
        return tenant_of(self._activity) or self.lane

    @property
    def user(self) -> str | None:
        """The display name of whoever speaks."""
        sender = self._activity.from_property
        return one_line(sender.name, NAME_LENGTH) if sender and sender.name else None

    @property
    def user_id(self) -> str | None:
        """The channel's id of whoever speaks."""
        sender = self._activity.from_property
        return sender.id or None if sender else None

    @property
    def reference(self) -> str:
        """JSON of the conversation reference, for a notice to come."""
        return dump_reference(reference_to(self._activity))

    @property
    def idempotency_key(self) -> str | None:
        """
        Lane and activity id: the same for every time that a channel sends this activity.

        What stands between them is in neither: no control character is let in.
        """
        return None if self.activity_id is None else f"{self.lane}\x1f{self.activity_id}"
