"""The bot with authentication on, and an identity service on loopback whose tokens it checks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

from benchmarks.arrivals import Connector
from benchmarks.contestants import BOT, Contestant
from benchmarks.turns import MESSAGE
from tests.fakes.fake_identity import CHANNEL_KEYS, CHANNEL_METADATA, FakeIdentity
from tests.fakes.token_mint import APP_ID, TokenMint, public_jwk

CHANNEL = MESSAGE["channelId"]


@asynccontextmanager
async def authenticated_bot(connector: Connector) -> AsyncIterator[Contestant]:
    """
    Yield our bot with authentication on, and a token for its callers.

    One token for all turns, as a channel sends: each is good for an hour. It vouches for one service URL, so
    the channel has to be one without a delay.
    """
    async with FakeIdentity() as identity:
        identity.keys[CHANNEL_KEYS] = [public_jwk("channel", endorsements=[CHANNEL])]
        token = TokenMint(datetime.now(UTC)).channel(serviceurl=connector.service_url(delay_ms=0))
        environment = {
            **BOT.environment,
            "MicrosoftAppId": APP_ID,
            "MicrosoftAppPassword": "of no meaning here",
            "BotOpenIdMetadata": identity.url(CHANNEL_METADATA),
            "ToChannelFromBotLoginUrl": identity.authority,
            "REQUESTS_CA_BUNDLE": str(identity.certificate),  # MSAL fetches the bot's own token by requests.
            "SERVICE_URL_HOSTS": "http://127.0.0.1",
            "JOB_SYSTEM_CHANNELS": CHANNEL,
        }
        yield replace(
            BOT, name="bot, authenticated", environment=environment, authorization=f"Bearer {token}"
        )
