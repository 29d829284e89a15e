"""Who is let in, and whether the address that they want to be answered at will do."""

from collections.abc import Sequence

from botbuilder.schema import Activity
from botframework.connector.auth import AuthenticationConstants, ClaimsIdentity

from bot.auth_errors import Forbidden
from bot.service_urls import RefusedServiceUrl, ServiceUrlPolicy
from bot.token_rules import SERVICE_URL_CLAIM, is_emulator
from bot.tokens import TokenVerifier


class Gate:
    """Every activity passes here before a turn begins."""

    def __init__(
        self,
        verifier: TokenVerifier | None,
        service_urls: ServiceUrlPolicy,
        *,
        emulator_beside_us: bool = False,
    ) -> None:
        """
        Let in whom *verifier* knows; without one (authentication is off), anybody.

        With *emulator_beside_us* the Emulator, known by the bot's own id, is answered on this machine, where
        it listens. That is for a server that no other machine reaches: elsewhere who has the bot's password
        could knock at what only this machine may.
        """
        self._verifier = verifier
        self._service_urls = service_urls
        self._emulator_beside_us = emulator_beside_us

    async def admit(self, activity: Activity, authorization_headers: Sequence[str]) -> ClaimsIdentity:
        """
        Return who sent *activity*, and bring its service URL into plain form. Raises `AuthError`.

        The URL is checked for every sender: a token says who calls, and only a channel's says also where.
        """
        if self._verifier is None:
            identity = anonymous()
        else:
            identity = await self._verifier.verify(
                authorization_headers, channel_id=activity.channel_id, service_url=activity.service_url
            )
        try:
            activity.service_url = self._service_urls.check(
                activity.service_url,
                vouched_by_token=SERVICE_URL_CLAIM in identity.claims,
                may_be_this_machine=(
                    self._emulator_beside_us and self._verifier is not None and is_emulator(identity.claims)
                ),
            )
        except RefusedServiceUrl as error:
            raise Forbidden(f"the service URL: {error}") from error
        return identity


def anonymous() -> ClaimsIdentity:
    """Return the identity of anybody, and of a bot without an app id: the SDK then asks for no token."""
    return ClaimsIdentity({}, True, AuthenticationConstants.ANONYMOUS_AUTH_TYPE)
