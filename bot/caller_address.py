"""Whether the bot answers a caller at the address that the caller names."""

from botframework.connector.auth import ClaimsIdentity

from channel.service_urls import RefusedServiceUrl, ServiceUrlPolicy
from identity.errors import Forbidden
from identity.token_rules import SERVICE_URL_CLAIM, is_emulator
from state.addresses import VouchedBy


class CallerAddressCheck:
    """Checks the service URL of every caller: a token says who calls, only a channel's says also where."""

    def __init__(self, service_urls: ServiceUrlPolicy) -> None:
        """Allow what *service_urls* allows."""
        self._service_urls = service_urls

    def check(self, identity: ClaimsIdentity, service_url: str) -> str:
        """Return *service_url* in its plain form; raise `Forbidden` if the bot must not send there."""
        try:
            return self._service_urls.check(service_url, vouched_by(identity))
        except RefusedServiceUrl as error:
            raise Forbidden(f"the service URL: {error}") from error


def vouched_by(identity: ClaimsIdentity) -> VouchedBy:
    """Return how far the caller's token vouches for the service URL of its activity."""
    claims = identity.claims
    if SERVICE_URL_CLAIM in claims:
        return VouchedBy.CHANNEL
    if claims and is_emulator(claims):  # Without claims: authentication is off.
        return VouchedBy.EMULATOR
    return VouchedBy.NONE
