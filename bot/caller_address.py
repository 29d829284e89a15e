"""Where the bot answers a caller: at the address that the caller names, if the bot may send there."""

from botframework.connector.auth import ClaimsIdentity

from bot.permissions import is_answered
from channel.service_urls import RefusedServiceUrl, ServiceUrlPolicy
from identity.caller_kind import CallerKind, caller_kind
from identity.errors import Forbidden

NO_ADDRESS = ""  #: The service URL of a caller that is never answered.


class CallerAddressCheck:
    """Checks the service URL of every caller: a token says who calls, only a channel's says also where."""

    def __init__(
        self, service_urls: ServiceUrlPolicy, *, authentication: bool, emulator_on_this_machine: bool = False
    ) -> None:
        """
        Allow what *service_urls* allows.

        With *emulator_on_this_machine* the Emulator, known by the bot's own app id, is answered on loopback
        addresses, where it listens. That is for a developer's machine, and only where it was asked for: else
        a caller with the bot's password could make the bot send requests to services of this machine.
        """
        self._service_urls = service_urls
        self._emulator_on_this_machine = authentication and emulator_on_this_machine

    def check(self, identity: ClaimsIdentity, service_url: str) -> str:
        """
        Return *service_url* in its plain form; raise `Forbidden` if the bot must not send there.

        `NO_ADDRESS` for a caller that is never answered: nothing may check, store or use what it names.
        """
        kind = caller_kind(identity)
        if not is_answered(kind):
            return NO_ADDRESS
        try:
            return self._service_urls.check(
                service_url,
                vouched_by_token=kind is CallerKind.CHANNEL,
                may_be_this_machine=self._emulator_on_this_machine and kind is CallerKind.EMULATOR,
            )
        except RefusedServiceUrl as error:
            raise Forbidden(f"the service URL: {error}") from error
