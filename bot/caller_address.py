"""Check the service URL that a caller names: the bot replies there if the policy allows it."""

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
    service_url: str  #: Normalised.


class CallerAddressCheck:
    """Checks the service URL of every caller. Only a channel's token vouches for the URL."""

    def __init__(self, service_urls: ServiceUrlPolicy) -> None:
        """Allow the service URLs that *service_urls* allows."""
        self._service_urls = service_urls

    def check(self, identity: ClaimsIdentity, service_url: str) -> str:
        """
        Return *service_url* normalised; raise `Forbidden` if the bot must not send there.

        Returns `NO_ADDRESS` for a caller that is never answered: its URL is not checked, stored or used.
        """
        kind = caller_kind(identity)
        if not is_answered(kind):
            return NO_ADDRESS
        try:
            return self._service_urls.check(service_url, vouched_by(kind))
        except RefusedServiceUrl as error:
            raise Forbidden(f"the service URL: {error}") from error


def vouched_by(kind: CallerKind) -> VouchedBy:
    """Return which token vouches for the service URL of an activity from this *kind* of caller."""
    return _VOUCHED_BY.get(kind, VouchedBy.NONE)
