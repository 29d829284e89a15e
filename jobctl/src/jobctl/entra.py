"""
Tokens of Microsoft Entra ID, with which an application calls a bot.

Source: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
"""

import time

from jobctl.connection import Connection, Refused, Unreachable, object_in
from jobctl.settings import Credentials

#: Seconds before its end at which a token is not used any more.
_MARGIN = 60.0


class EntraTokens:
    """Tokens for one application, fetched when they are needed."""

    def __init__(self, credentials: Credentials, connection: Connection) -> None:
        self._credentials = credentials
        self._connection = connection
        self._token: str | None = None
        self._good_until = 0.0  # On the monotonic clock.

    async def token(self) -> str:
        """Return a token. Raises `Refused` and `Unreachable`."""
        if self._token is not None and time.monotonic() < self._good_until:
            return self._token
        asked, who = time.monotonic(), self._credentials
        form = {
            "grant_type": "client_credentials",
            "client_id": who.app_id,
            "client_secret": who.app_password,
            "scope": f"{who.bot_app_id}/.default",
        }
        answer = await self._connection.post_form(f"{who.login_url}/{who.tenant_id}/oauth2/v2.0/token", form)
        said = object_in(answer.text)
        token, lifetime = said.get("access_token"), said.get("expires_in")
        if not isinstance(token, str):
            reason = said.get("error_description") or said.get("error") or f"it answers {answer.status}"
            detail = f"{who.login_url} gives no token for {who.app_id}: {reason}"
            if answer.status >= 500 or answer.status == 429:
                raise Unreachable(detail)
            raise Refused(401, detail)
        self._token = token
        self._good_until = asked + (lifetime if isinstance(lifetime, int | float) else 0) - _MARGIN
        return token
