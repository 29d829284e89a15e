"""A lane is the queue of one destination, the unit of delivery: of a conversation, or of a job's events."""

from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple, NewType
from urllib.parse import quote, unquote

#: ``<channel id>/<conversation id>``. The channel id is percent-encoded, so the first slash separates the
#: two.
LaneKey = NewType("LaneKey", str)


@lru_cache(256)  # Each turn asks for its own several times: +1.8 % without, by callgrind.
def lane_key(channel_id: str, conversation_id: str) -> LaneKey:
    """Return the key of a conversation's lane, unique for each conversation."""
    return LaneKey(f"{quote(channel_id, safe='')}/{conversation_id}")


@lru_cache(256)
def _decoded(channel: str) -> str:
    return unquote(channel)


def channel_of(lane: LaneKey) -> str:
    """Return the channel id in *lane*."""
    return _decoded(lane.partition("/")[0])


def conversation_of(lane: LaneKey) -> str:
    """Return the conversation id in *lane*."""
    return lane.partition("/")[2]


@lru_cache(1024)
def in_logs(lane: LaneKey) -> str:
    """
    Return how logs name a lane: of a conversation the channel, and a digest of its id.

    Ids of conversations name people in some channels, and logs are kept and read elsewhere. The digest is the
    same in every process: the first 12 digits of the id's SHA-256.
    """
    channel, _, conversation = lane.partition("/")
    if channel.startswith(":"):
        return lane
    return f"{channel}/{sha256(conversation.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


#: A pattern of SQL for the keys of conversations in which people are told apart, and may be mentioned.
GROUPS = "msteams/19:%"


def is_personal(lane: LaneKey) -> bool:
    """
    Return whether one person alone reads the conversation, as the ids of Teams say.

    There a chat of several people, or of a channel, has an id such as ``19:…@thread.v2``.
    """
    channel, _, conversation = lane.partition("/")
    return channel == "msteams" and not (conversation.startswith("19:") and "@thread." in conversation)


#: The lane of jobs that no chat started. Nothing is sent there: nobody would read it. A conversation's key
#: never begins with a colon, as it is percent-encoded.
UNATTENDED = LaneKey(":jobs")

_WEBHOOK = ":webhook/"


def webhook_lane(webhook: str, job_id: int) -> LaneKey:
    """
    Return the key of the lane of a job's events for the job system *webhook*.

    Each job has its own: an event that is refused holds up none of another job.
    """
    return LaneKey(f"{_WEBHOOK}{webhook}/{job_id}")


def webhook_lanes(webhook: str) -> tuple[str, str]:
    """Return texts between which the keys of all lanes for the job system *webhook* are."""
    first = f"{_WEBHOOK}{webhook}/"
    return first, f"{first}:"  # The sign after the digits.


def webhook_of(lane: LaneKey) -> str | None:
    """Return the job system that *lane* leads to; None if it leads to a conversation."""
    return lane.split("/")[1] if lane.startswith(_WEBHOOK) else None


class ParkedLane(NamedTuple):
    """A conversation that cannot be told anything until it is heard from, or a probe succeeds."""

    lane: LaneKey
    parked_at: datetime
    waiting: int  #: Notices that wait in it.
    probe_at: datetime | None  #: When its oldest notice is tried; None if none waits.
    reason: str | None  #: What the channel said.


class Heard(NamedTuple):  # Every turn creates one: a frozen dataclass takes four times as long.
    """A sign of life from a conversation."""

    lane: LaneKey
    service_url: str  #: The conversation's current service URL, in the stored form.
    speaks: bool  #: Whether a user sent a message or added the bot: this opens a parked lane.
    leaves: bool = False  #: Whether the bot was just removed: earlier messages then open nothing.
    ago: timedelta = timedelta()  #: Time since it spoke: a lane parked after that stays parked.
