"""
What an authenticated caller may do.

| caller | may send | is answered | changes where a conversation is answered |
| --- | --- | --- | --- |
| anyone (authentication is off) | anything | yes | yes |
| a channel | anything | yes | yes, of the channel that its token is for |
| the Emulator | anything, on the channel `emulator` | yes | yes, on that channel |
| an application (a job system) | report events | no | no |

`require_allowed` is asked before a turn begins; what it refuses is 403.
"""

from dataclasses import dataclass
from enum import Enum

from botbuilder.schema import ActivityTypes
from botframework.connector.auth import ClaimsIdentity

from bot.completion_events import EVENT_NAMES
from identity.caller_kind import CallerKind, caller_kind
from identity.errors import Forbidden
from identity.token_rules import calling_app
from jobs.lane import LaneKey, lane_key

EMULATOR_CHANNEL = "emulator"


def require_allowed(kind: CallerKind, *, channel_id: str, activity_type: object, name: object) -> None:
    """
    Raise `Forbidden` unless this kind of caller may send such an activity.

    The Emulator's token says nothing of channels or tenants: on another channel its word would count as that
    channel's. An application's says nothing of conversations: it reports on jobs, by their numbers.
    """
    if kind is CallerKind.EMULATOR and channel_id != EMULATOR_CHANNEL:
        raise Forbidden(f"a token of Emulator type is for the channel {EMULATOR_CHANNEL} alone")
    if kind is CallerKind.APPLICATION and not is_report_event(activity_type, name):
        raise Forbidden("a job system may send its report events and nothing else")


def is_report_event(activity_type: object, name: object) -> bool:
    """Say whether an activity of this type and name reports on a job; both are as they came in."""
    return activity_type == ActivityTypes.event.value and isinstance(name, str) and name in EVENT_NAMES


def is_answered(kind: CallerKind) -> bool:
    """Say whether a turn of this kind of caller may send anything."""
    return kind is not CallerKind.APPLICATION


def speaks_for_channel(kind: CallerKind, channel_id: str) -> bool:
    """
    Say whether this kind of caller's word holds for notices to come: where they go, and whether they may.

    That of a channel does for the channel that its token was checked against.
    """
    if kind is CallerKind.EMULATOR:
        return channel_id == EMULATOR_CHANNEL
    return kind is not CallerKind.APPLICATION


def turn_share(identity: ClaimsIdentity, channel_id: str, conversation_id: str) -> LaneKey:
    """
    Return whose share of the turns a request of this caller takes up: the conversation's.

    An application takes up a share of its own: it names whatever conversation it likes, and no channel id is
    empty, so that this one is no conversation's.
    """
    if caller_kind(identity) is CallerKind.APPLICATION:
        return lane_key("", calling_app(identity.claims))
    return lane_key(channel_id, conversation_id)


class SimulatedCompletion(Enum):
    """Who may complete a job by saying `done`."""

    ANYONE = "anyone"
    OWNER = "owner"  #: The conversation that started the job.
    OFF = "off"


@dataclass(frozen=True, kw_only=True, slots=True)
class Permissions:
    """What callers may do, once they are let in."""

    authentication: bool
    simulated_completion: SimulatedCompletion
    job_system_apps: frozenset[str] = frozenset()  #: App ids, in lower case.
    job_system_channels: frozenset[str] = frozenset()

    def may_report_completion(self, identity: ClaimsIdentity, channel_id: str) -> bool:
        """
        Say whether a completion event from this caller counts.

        A channel carries what its users send, so its events count only if it is named; a job system that
        calls as an application of its own is known by its token, whatever channel it names.
        """
        if not self.authentication:
            return True
        if caller_kind(identity) is CallerKind.CHANNEL:
            return channel_id in self.job_system_channels
        return calling_app(identity.claims) in self.job_system_apps

    def speaks_for_its_channel(self, identity: ClaimsIdentity, channel_id: str) -> bool:
        """Say what `speaks_for_channel` says of this caller; anyone does where authentication is off."""
        return not self.authentication or speaks_for_channel(caller_kind(identity), channel_id)


#: Anybody may do anything: for a bot that only its own machine can reach, and for tests.
OPEN = Permissions(authentication=False, simulated_completion=SimulatedCompletion.ANYONE)
