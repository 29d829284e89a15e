"""The Bot Framework adapter, as this bot needs it."""

import logging
from typing import Any

from botbuilder.core import BotFrameworkAdapter, BotFrameworkAdapterSettings, TurnContext
from botframework.connector.aio import ConnectorClient

from bot import replies
from bot.connector import ConnectorPool
from state.errors import StoreUnavailable

_log = logging.getLogger(__name__)


class ProactiveAdapter(BotFrameworkAdapter):  # type: ignore[misc]  # The SDK is untyped.
    """A `BotFrameworkAdapter` that sends on a `ConnectorPool` and apologises when a turn fails."""

    def __init__(self, settings: BotFrameworkAdapterSettings, connectors: ConnectorPool) -> None:
        """Authenticate by *settings*; send through *connectors*."""
        super().__init__(settings)
        self._connectors = connectors
        self.on_turn_error = apologise

    def _get_or_create_connector_client(self, service_url: str, credentials: Any) -> ConnectorClient:
        return self._connectors.client(service_url)


async def apologise(turn: TurnContext, error: Exception) -> None:
    """
    Log what failed in a turn, and tell the user that something did, without saying what.

    Raises what the channel has to hear of: a store that is down (the channel may send the activity again,
    and then it counts once), and the apology's own failure.
    """
    if isinstance(error, StoreUnavailable):
        raise error
    _log.error("A turn of type %s failed", turn.activity.type, exc_info=error)
    await turn.send_activity(replies.APOLOGY)
