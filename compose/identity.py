"""The parts that prove who the bot is, and check who calls it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp

from channel.outbound_tokens import OutboundTokens
from channel.token_sources import ManagedIdentitySource, SecretSource
from compose.meters import Meters
from compose.surroundings import Surroundings
from config import Config
from identity.caller_check import CallerCheck
from identity.clouds import cloud_named
from identity.open_id_metadata import OpenIdMetadata
from identity.token_rules import ChannelTokens, DirectoryTokens
from identity.token_verifier import TokenVerifier
from identity.verified_token_cache import VerifiedTokenCache
from instants import utc_now
from state.store.opening import Store


@asynccontextmanager
async def open_outbound_tokens(config: Config, store: Store, meters: Meters) -> AsyncIterator[OutboundTokens]:
    """Open the source of the bot's own tokens."""
    tokens = OutboundTokens(_token_source(config), clock=store.clock, fetched=meters.fetched_token)
    try:
        yield tokens
    finally:
        await tokens.close()


def _token_source(config: Config) -> SecretSource | ManagedIdentitySource | None:
    if not config.authentication:
        return None
    cloud = cloud_named(config.channel_service)
    if config.app_type == "UserAssignedMSI":
        return ManagedIdentitySource(app_id=config.app_id, scope=cloud.scope)
    tenant = config.app_tenant_id if config.app_type == "SingleTenant" else cloud.default_tenant
    login_url = str(config.login_url) if config.login_url else f"{cloud.login_url}{tenant}"
    return SecretSource(
        app_id=config.app_id,
        password=config.app_password.get_secret_value(),
        authority=login_url,
        scope=cloud.scope,
    )


@asynccontextmanager
async def open_caller_check(
    config: Config, session: aiohttp.ClientSession, around: Surroundings
) -> AsyncIterator[CallerCheck]:
    """Open what checks callers; without authentication it lets all in."""
    if not config.authentication:
        yield CallerCheck(None)
        return
    async with AsyncExitStack() as stack:
        yield CallerCheck(_verifier(config, session, around, stack))


def _verifier(
    config: Config, session: aiohttp.ClientSession, around: Surroundings, stack: AsyncExitStack
) -> TokenVerifier:
    cloud = cloud_named(config.channel_service)

    def keys(url: object, default: str) -> OpenIdMetadata:
        metadata = OpenIdMetadata(str(url or default), session=session, monotonic=around.monotonic)
        stack.push_async_callback(metadata.close)
        return metadata

    channel_url = config.channel_open_id_metadata or config.bot_open_id_metadata
    directory = None
    if config.emulator_tokens or config.job_system_app_ids:
        directory = DirectoryTokens(
            app_id=config.app_id,
            issuers=cloud.directory_issuers(config.app_tenant_id or None),
            keys=keys(config.emulator_open_id_metadata, cloud.directory_metadata_url),
            callers=config.job_system_app_ids,
            emulator_tokens=config.emulator_tokens,
        )
    return TokenVerifier(
        channel=ChannelTokens(
            app_id=config.app_id,
            issuers=frozenset({cloud.channel_issuer}),
            keys=keys(channel_url, cloud.channel_metadata_url),
        ),
        directory=directory,
        clock=utc_now,
        verified=VerifiedTokenCache(monotonic=around.monotonic),
    )
