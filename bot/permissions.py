"""Who may complete jobs, and whose jobs they see."""

from dataclasses import dataclass
from enum import Enum

from botframework.connector.auth import ClaimsIdentity

from identity.token_rules import SERVICE_URL_CLAIM, calling_app, is_emulator

_EMULATOR = "emulator"  # The Emulator's channel id.


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
        if SERVICE_URL_CLAIM in identity.claims:
            return channel_id in self.job_system_channels
        return calling_app(identity.claims) in self.job_system_apps

    def speaks_for_its_channel(self, identity: ClaimsIdentity, channel_id: str) -> bool:
        """
        Say whether this caller's word holds for notices to come: where they go, and whether they may.

        A job system is let in to report completions; it neither moves nor silences a conversation. The
        Emulator speaks for its own conversations.
        """
        if not self.authentication or SERVICE_URL_CLAIM in identity.claims:
            return True
        return channel_id == _EMULATOR and is_emulator(identity.claims)


#: Anybody may do anything: for a bot that only its own machine can reach, and for tests.
OPEN = Permissions(authentication=False, simulated_completion=SimulatedCompletion.ANYONE)
