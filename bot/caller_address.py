"""Check the service URL that a caller names: the bot replies there if the policy allows it."""

from typing import NamedTuple

from botframework.connector.auth import ClaimsIdentity

from bot.permissions import is_answered
from channel.service_urls import RefusedServiceUrl, ServiceUrlPolicy
from identity.caller_kind import CallerKind
from identity.errors import Forbidden
from state.addresses import VouchedBy

NO_ADDRESS = ""  #: The service URL where the bot sends nothing to the caller.


class Caller(NamedTuple):
    """Who sent a request, and where to answer."""

    identity: ClaimsIdentity
    kind: CallerKind
    service_url: str  #: Normalised.


class CallerAddressCheck:
    """Checks the service URL of every caller. Only a channel's token vouches for the URL."""

    def __init__(self, service_urls: ServiceUrlPolicy) -> None:
        """Allow the service URLs that *service_urls* allows."""
        self._service_urls = service_urls

    def check(self, kind: CallerKind, service_url: str) -> str:
        """
        Return *service_url* normalised; raise `Forbidden` if the bot must not send there.

        Returns `NO_ADDRESS` for a caller that is never answered: its URL is not checked, stored or used. The
        same for one that names none, since all replies are in the response.
        """
        if not service_url or not is_answered(kind):
            return NO_ADDRESS
        try:
            return self._service_urls.check(service_url, vouched_by(kind))
        except RefusedServiceUrl as error:
            raise Forbidden(f"the service URL: {error}") from error


def vouched_by(kind: CallerKind) -> VouchedBy:
    """Return which token vouches for the service URL of an activity from this *kind* of caller."""
    if kind is CallerKind.CHANNEL:
        return VouchedBy.CHANNEL
    return VouchedBy.EMULATOR if kind is CallerKind.EMULATOR else VouchedBy.NONE
