"""The sender and the conversation of a turn's activity, as the job log stores them."""

from hashlib import blake2b

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

    __slots__ = ("_activity", "address", "lane")

    def __init__(self, activity: Activity, vouched_by: VouchedBy = VouchedBy.NONE) -> None:
        """Read *activity*; *vouched_by* says who vouches for its service URL."""
        self._activity = activity
        self.lane: LaneKey = lane_key(activity.channel_id, activity.conversation.id)
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
        return stored_reference(self._activity, self.address)

    @property
    def activity_key(self) -> str | None:
        """
        A digest that is the same whenever the channel resends this activity: of its id, text and timestamp.

        None without an id or a timestamp: then nothing tells a repeat from another message. Ids alone do not,
        since a console client or a script counts from 1 again. A person who sends a message again in Web Chat
        sends another activity, with the client's own id of the first.
        """
        said = self._activity
        data = said.channel_data
        client_id = data.get("clientActivityID") if isinstance(data, dict) else None
        if isinstance(client_id, str) and client_id:
            return _digest("client", client_id, said.text)
        return _digest(said.id, said.text, said.timestamp) if said.id and said.timestamp else None

    @property
    def idempotency_key(self) -> str | None:
        """
        Lane and activity: the same whenever this report on a job is sent again.

        A job ends once, so the id will do here. The separator cannot occur in a lane, because the intake
        refuses control characters in ids.
        """
        said = self._activity
        key = _digest(said.id, said.text, said.timestamp) if said.id else None
        return None if key is None else f"{self.lane}\x1f{key}"


def _digest(*parts: object) -> str:
    return blake2b("\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
