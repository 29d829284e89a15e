"""Rules for the claims of tokens, for each kind of issuer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from identity.errors import Forbidden, Unauthorized
from identity.signing_keys import SigningKey

SERVICE_URL_CLAIM = "serviceurl"


class KeySource(Protocol):
    """A source of an issuer's keys."""

    async def get(self, key_id: str) -> SigningKey: ...

    def listed(self, key_id: str) -> SigningKey | None:
        """Return the key if the most recently fetched document lists it; do not fetch."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ChannelTokens:
    """
    Tokens of the Bot Connector service: a user, an installation, an event of a channel.

    Source: https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication
    """

    app_id: str
    issuers: frozenset[str]
    keys: KeySource

    def check_claims(self, claims: Mapping[str, object]) -> None:
        _require_audience(claims, self.app_id)

    def check_activity(
        self, claims: Mapping[str, object], key: SigningKey, *, channel_id: str, service_url: str
    ) -> None:
        """
        Raise `Forbidden` unless the token is for this channel and this service URL.

        A key without endorsements is valid for no channel. The SDK accepts it for every channel.
        """
        if channel_id not in key.endorsements:
            raise Forbidden("the token's key does not endorse the activity's channel")
        if claims.get(SERVICE_URL_CLAIM) != service_url:
            raise Forbidden("the token is for another service URL than the activity's")


@dataclass(frozen=True, kw_only=True, slots=True)
class DirectoryTokens:
    """
    Tokens that an application got from Microsoft Entra ID to call this bot.

    The caller is the bot's own app id when a developer gave its password to the Emulator; *emulator_tokens*
    allows that. Any other application must be one of *callers*.
    """

    app_id: str
    issuers: frozenset[str]
    keys: KeySource
    callers: frozenset[str]
    emulator_tokens: bool

    def check_claims(self, claims: Mapping[str, object]) -> None:
        # The bot's own outbound token has the same app id, but its audience is the connector.
        _require_audience(claims, self.app_id)
        if "scp" in claims:
            raise Forbidden("the token is for a user of an application, not for the application itself")
        caller = calling_app(claims)
        if caller == self.app_id.lower():
            if not self.emulator_tokens:
                raise Forbidden("tokens of Emulator type are off")
        elif caller not in {app_id.lower() for app_id in self.callers}:
            raise Forbidden("the calling application is not one of the job system's")

    def check_activity(
        self, claims: Mapping[str, object], key: SigningKey, *, channel_id: str, service_url: str
    ) -> None:
        """Accept: such tokens name no channel or service URL. The service URL policy applies later."""


def is_emulator(claims: Mapping[str, object]) -> bool:
    """Return whether verified claims are of the bot's own application, whose password the Emulator has."""
    return SERVICE_URL_CLAIM not in claims and calling_app(claims) == str(claims.get("aud")).lower()


def _require_audience(claims: Mapping[str, object], app_id: str) -> None:
    """Require one audience, the bot. A list is refused too: no caller needs one, and the SDK misreads it."""
    audience = claims.get("aud")
    if not isinstance(audience, str) or audience.lower() != app_id.lower():
        raise Unauthorized("the token is for another audience")


def calling_app(claims: Mapping[str, object]) -> str:
    """Return the application that requested the token, in lower case; raise `Unauthorized` for none."""
    version = claims.get("ver")
    names = {"1.0": "appid", "2.0": "azp"}
    caller = claims.get(names[version]) if isinstance(version, str) and version in names else None
    if not isinstance(caller, str) or not caller:
        raise Unauthorized("the token does not name the calling application")
    return caller.lower()
