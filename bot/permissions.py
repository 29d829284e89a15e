"""
What an authenticated caller may do.

| caller | may send | is answered | changes where a conversation is answered |
| --- | --- | --- | --- |
| anyone (authentication is off) | anything | yes | yes |
| a channel | anything | yes | yes, of the channel that its token is for |
| the Emulator | anything, on the channel `emulator` | yes | yes, on that channel |
| an application (a job system) | report events | no | no |

`require_allowed` runs before the turn begins; a refused request gets 403.
"""

from dataclasses import dataclass
from enum import Enum

from botbuilder.schema import ActivityTypes
from botframework.connector.auth import ClaimsIdentity

from bot.report_events import EVENT_KINDS
from identity.caller_kind import CallerKind, caller_kind
from identity.errors import Forbidden
from identity.token_rules import calling_app
from jobs.lane import LaneKey, lane_key

EMULATOR_CHANNEL = "emulator"


def require_allowed(kind: CallerKind, *, channel_id: str, activity_type: object, name: object) -> None:
    """
    Raise `Forbidden` unless this kind of caller may send such an activity.

    The Emulator's token does not name a channel or tenant, so it is accepted only on its own channel:
    elsewhere it could impersonate that channel. An application's token does not name a conversation, so it
    may only report on jobs, by their numbers.
    """
    if kind is CallerKind.EMULATOR and channel_id != EMULATOR_CHANNEL:
        raise Forbidden(f"a token of Emulator type is for the channel {EMULATOR_CHANNEL} alone")
    if kind is CallerKind.APPLICATION and not is_report_event(activity_type, name):
        raise Forbidden("a job system may send its report events and nothing else")


def is_report_event(activity_type: object, name: object) -> bool:
    """Return whether an activity of this type and name, both unchecked input, reports on a job."""
    return activity_type == ActivityTypes.event.value and isinstance(name, str) and name in EVENT_KINDS


def is_answered(kind: CallerKind) -> bool:
    """Return whether the bot may send anything in a turn of this kind of caller."""
    return kind is not CallerKind.APPLICATION


def speaks_for_channel(kind: CallerKind, channel_id: str) -> bool:
    """
    Return whether this kind of caller may change where later notices are sent, and park or open a lane.

    A channel may, for the channel that its token was checked against.
    """
    if kind is CallerKind.EMULATOR:
        return channel_id == EMULATOR_CHANNEL
    return kind is not CallerKind.APPLICATION


def turn_share(kind: CallerKind, identity: ClaimsIdentity, channel_id: str, conversation_id: str) -> LaneKey:
    """
    Return the key that a request counts against in admission control: its conversation.

    An application has a share of its own, because it can name any conversation. The key with an empty channel
    id cannot collide with a conversation's.
    """
    if kind is CallerKind.APPLICATION:
        return lane_key("", calling_app(identity.claims))
    return lane_key(channel_id, conversation_id)


class SimulatedCompletion(Enum):
    """Who may complete a job with the command `done`."""

    ANYONE = "anyone"
    OWNER = "owner"  #: The conversation that started the job.
    OFF = "off"


@dataclass(frozen=True, kw_only=True, slots=True)
class Permissions:
    """What authenticated callers may do."""

    authentication: bool
    simulated_completion: SimulatedCompletion
    job_system_apps: frozenset[str] = frozenset()  #: App ids, in lower case.
    job_system_channels: frozenset[str] = frozenset()

    def may_report_completion(self, identity: ClaimsIdentity, channel_id: str) -> bool:
        """
        Return whether a completion event from this caller is accepted.

        Users of a channel can send events, so events from a channel are accepted only if it is in
        `job_system_channels`. A job system with its own application is identified by its token, on any
        channel.
        """
        if not self.authentication:
            return True
        if caller_kind(identity) is CallerKind.CHANNEL:
            return channel_id in self.job_system_channels
        return calling_app(identity.claims) in self.job_system_apps

    def speaks_for_its_channel(self, identity: ClaimsIdentity, channel_id: str) -> bool:
        """Return `speaks_for_channel` for this caller; True for all callers if authentication is off."""
        return not self.authentication or speaks_for_channel(caller_kind(identity), channel_id)


#: All callers may do anything: for a bot that only its own machine can reach, and for tests.
OPEN = Permissions(authentication=False, simulated_completion=SimulatedCompletion.ANYONE)
