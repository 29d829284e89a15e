"""Whether the bot answers a caller at the address that the caller names."""

from typing import NamedTuple

from botframework.connector.auth import ClaimsIdentity

from channel.service_urls import RefusedServiceUrl, ServiceUrlPolicy
from identity.errors import Forbidden
from identity.token_rules import SERVICE_URL_CLAIM, is_emulator


class Caller(NamedTuple):
    """Who sent a request, and where to answer."""

    identity: ClaimsIdentity
    service_url: str  #: In its plain form.


class CallerAddressCheck:
    """Checks the service URL of every caller: a token says who calls, only a channel's says also where."""

    def __init__(
        self, service_urls: ServiceUrlPolicy, *, authentication: bool, emulator_on_this_machine: bool = False
    ) -> None:
        """
        Allow what *service_urls* allows.

        With *emulator_on_this_machine* the Emulator, known by the bot's own app id, is answered on loopback
        addresses, where it listens. That is for a server that no other machine reaches: elsewhere a caller
        with the bot's password could make the bot send requests to services of this machine.
        """
        self._service_urls = service_urls
        self._emulator_on_this_machine = authentication and emulator_on_this_machine

    def check(self, identity: ClaimsIdentity, service_url: str) -> str:
        """Return *service_url* in its plain form; raise `Forbidden` if the bot must not send there."""
        try:
            return self._service_urls.check(
                service_url,
                vouched_by_token=SERVICE_URL_CLAIM in identity.claims,
                may_be_this_machine=self._emulator_on_this_machine and is_emulator(identity.claims),
            )
        except RefusedServiceUrl as error:
            raise Forbidden(f"the service URL: {error}") from error
