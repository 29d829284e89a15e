"""Authenticate the caller of a request; with authentication off, all callers are anonymous."""

from collections.abc import Sequence

from botframework.connector.auth import AuthenticationConstants, ClaimsIdentity

from identity.token_verifier import TokenVerifier


class CallerCheck:
    """Authenticates the caller of every activity before a turn begins."""

    def __init__(self, verifier: TokenVerifier | None) -> None:
        """Accept the callers that *verifier* accepts; without one, authentication is off."""
        self._verifier = verifier

    @property
    def authentication(self) -> bool:
        """Whether callers need a token."""
        return self._verifier is not None

    async def authenticate(
        self, authorization_headers: Sequence[str], *, channel_id: str, service_url: str
    ) -> ClaimsIdentity:
        """Return the caller of an activity with this channel and service URL; raise `AuthError`."""
        if self._verifier is None:
            return anonymous()
        return await self._verifier.verify(
            authorization_headers, channel_id=channel_id, service_url=service_url
        )


def anonymous() -> ClaimsIdentity:
    """Return an anonymous identity, also for a bot without an app id: the SDK then requests no token."""
    return ClaimsIdentity({}, True, AuthenticationConstants.ANONYMOUS_AUTH_TYPE)
