"""Where the bot answers a caller: at the address that the caller names, if the bot may send there."""

from typing import NamedTuple

from botframework.connector.auth import ClaimsIdentity

from bot.permissions import is_answered
from channel.service_urls import RefusedServiceUrl, ServiceUrlPolicy
from identity.caller_kind import CallerKind, caller_kind
from identity.errors import Forbidden
from state.addresses import VouchedBy

NO_ADDRESS = ""  #: The service URL of a caller that is never answered.

_VOUCHED_BY = {CallerKind.CHANNEL: VouchedBy.CHANNEL, CallerKind.EMULATOR: VouchedBy.EMULATOR}


class Caller(NamedTuple):
    """Who sent a request, and where to answer."""

    identity: ClaimsIdentity
    service_url: str  #: In its plain form.


class CallerAddressCheck:
    """Checks the service URL of every caller: a token says who calls, only a channel's says also where."""

    def __init__(self, service_urls: ServiceUrlPolicy) -> None:
        """Allow what *service_urls* allows."""
        self._service_urls = service_urls

    def check(self, identity: ClaimsIdentity, service_url: str) -> str:
        """
        Return *service_url* in its plain form; raise `Forbidden` if the bot must not send there.

        `NO_ADDRESS` for a caller that is never answered: nothing may check, store or use what it names.
        """
        kind = caller_kind(identity)
        if not is_answered(kind):
            return NO_ADDRESS
        try:
            return self._service_urls.check(service_url, vouched_by(kind))
        except RefusedServiceUrl as error:
            raise Forbidden(f"the service URL: {error}") from error


def vouched_by(kind: CallerKind) -> VouchedBy:
    """Return how far a caller of this *kind* vouches for the service URL of its activity."""
    return _VOUCHED_BY.get(kind, VouchedBy.NONE)
