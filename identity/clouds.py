"""Token issuers and login URLs of the Bot Framework in each of Microsoft's clouds."""

from dataclasses import dataclass

from botframework.connector.auth import AuthenticationConstants, GovernmentConstants
from botframework.connector.auth.emulator_validation import EmulatorValidation


@dataclass(frozen=True, kw_only=True, slots=True)
class Cloud:
    """
    The addresses and names of one cloud.

    The *channel* (the Bot Connector) signs requests that carry users' activities. The *directory* (Microsoft
    Entra ID) signs tokens that an application, such as the Emulator or another bot, requested for itself.
    """

    channel_issuer: str
    channel_metadata_url: str
    directory_metadata_url: str
    tenant_issuers: tuple[str, ...]  #: Issuers for one tenant; its id replaces `{0}`.
    login_url: str  #: Ends in a slash; a tenant follows.
    default_tenant: str  #: Where a MultiTenant bot gets its tokens.
    scope: str  #: The scope of the bot's own tokens.

    def directory_issuers(self, tenant_id: str | None) -> frozenset[str]:
        """Return the issuers that the SDK knows, and those of the bot's tenant if it has one."""
        issuers = frozenset(EmulatorValidation.TO_BOT_FROM_EMULATOR_TOKEN_VALIDATION_PARAMETERS.issuer)
        if tenant_id is None:
            return issuers
        return issuers | {template.format(tenant_id) for template in self.tenant_issuers}


PUBLIC = Cloud(
    channel_issuer=AuthenticationConstants.TO_BOT_FROM_CHANNEL_TOKEN_ISSUER,
    channel_metadata_url=AuthenticationConstants.TO_BOT_FROM_CHANNEL_OPENID_METADATA_URL,
    directory_metadata_url=AuthenticationConstants.TO_BOT_FROM_EMULATOR_OPENID_METADATA_URL,
    tenant_issuers=(
        AuthenticationConstants.VALID_TOKEN_ISSUER_URL_TEMPLATE_V1,
        AuthenticationConstants.VALID_TOKEN_ISSUER_URL_TEMPLATE_V2,
    ),
    login_url=AuthenticationConstants.TO_CHANNEL_FROM_BOT_LOGIN_URL_PREFIX,
    default_tenant=AuthenticationConstants.DEFAULT_CHANNEL_AUTH_TENANT,
    scope=AuthenticationConstants.TO_CHANNEL_FROM_BOT_OAUTH_SCOPE,
)

US_GOVERNMENT = Cloud(
    channel_issuer=GovernmentConstants.TO_BOT_FROM_CHANNEL_TOKEN_ISSUER,
    channel_metadata_url=GovernmentConstants.TO_BOT_FROM_CHANNEL_OPENID_METADATA_URL,
    directory_metadata_url=GovernmentConstants.TO_BOT_FROM_EMULATOR_OPENID_METADATA_URL,
    tenant_issuers=(
        AuthenticationConstants.VALID_TOKEN_ISSUER_URL_TEMPLATE_V1,  # Version 1 tokens use it here as well.
        AuthenticationConstants.VALID_GOVERNMENT_TOKEN_ISSUER_URL_TEMPLATE_V1,
        AuthenticationConstants.VALID_GOVERNMENT_TOKEN_ISSUER_URL_TEMPLATE_V2,
    ),
    login_url=GovernmentConstants.TO_CHANNEL_FROM_BOT_LOGIN_URL_PREFIX,
    default_tenant=GovernmentConstants.DEFAULT_CHANNEL_AUTH_TENANT,
    scope=GovernmentConstants.TO_CHANNEL_FROM_BOT_OAUTH_SCOPE,
)


def cloud_named(channel_service: str) -> Cloud:
    """Return the cloud that the setting `ChannelService` names; raise `ValueError` for an unknown one."""
    if not channel_service:
        return PUBLIC
    if channel_service.rstrip("/").lower() == GovernmentConstants.CHANNEL_SERVICE:
        return US_GOVERNMENT
    raise ValueError(
        f"ChannelService must be empty, or {GovernmentConstants.CHANNEL_SERVICE} for the US government cloud"
    )
