"""A lane is one conversation: the unit of delivery, and what its key is made of."""

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import NewType
from urllib.parse import quote, unquote

#: ``<channel id>/<conversation id>``. The channel is percent-encoded, so the first slash divides the two.
LaneKey = NewType("LaneKey", str)


def lane_key(channel_id: str, conversation_id: str) -> LaneKey:
    """Return the key of the lane that a conversation is; different conversations never share one."""
    return LaneKey(f"{_encoded(channel_id)}/{conversation_id}")


@lru_cache(256)  # There are few channels, and each turn asks for its own several times.
def _encoded(channel_id: str) -> str:
    return quote(channel_id, safe="")


def channel_of(lane: LaneKey) -> str:
    """Return the channel id that *lane* was made from."""
    return unquote(lane.partition("/")[0])


def conversation_of(lane: LaneKey) -> str:
    """Return the conversation id that *lane* was made from."""
    return lane.partition("/")[2]


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """A sign of life from a conversation."""

    lane: LaneKey
    service_url: str  #: Where the channel is to be answered now.
    speaks: bool  #: Whether a person spoke or let the bot in, so that a parked lane is open again.
    leaves: bool = False  #: Whether the bot was shut out just now: what was said before opens nothing.
    ago: timedelta = timedelta()  #: How long since it spoke: a lane parked after that stays so.
