"""The documents about parked conversations, as typed models."""

from datetime import datetime

from pydantic import Field

from jobs.lane import ParkedLane, channel_of, conversation_of
from web.api.documents import Asked, Document


class Listed(Asked):
    """The query of a list."""

    limit: int = Field(100, ge=1, le=1_000)


class ParkedConversation(Document):
    """A conversation that cannot be told anything until it is heard from, or a probe succeeds."""

    channel: str
    conversation: str
    parked_at: datetime
    waiting: int = Field(description="Notices that wait.")
    probe_at: datetime | None = Field(None, description="When the oldest of them is tried.")
    reason: str | None = Field(None, description="What the channel said.")


class ParkedConversations(Document):
    """Parked conversations, the longest parked first."""

    conversations: list[ParkedConversation]
    more: bool = Field(description="Whether there are more than these.")


def parked_document(lane: ParkedLane) -> ParkedConversation:
    """Return what the API says of a parked lane."""
    return ParkedConversation(
        channel=channel_of(lane.lane),
        conversation=conversation_of(lane.lane),
        parked_at=lane.parked_at,
        waiting=lane.waiting,
        probe_at=lane.probe_at,
        reason=lane.reason,
    )
