"""Connector clients by service URL, all on one session."""

from typing import Any

import aiohttp
from botframework.connector.aio import ConnectorClient
from botframework.connector.bot_framework_sdk_client_async import BotFrameworkConnectorConfiguration

from channel.connector import PooledConversations
from channel.guarded_request import Sent, unmeasured
from channel.outbound_tokens import OutboundTokens
from channel.pipeline import AiohttpPipeline
from channel.service_urls import ServiceUrlPolicy
from delivery.hosts.service_hosts import ServiceHosts
from lru_map import LruMap
from state.addresses import VouchedBy

#: Clients kept, one per service URL; the least recently used one is dropped first (LRU).
_CLIENTS = 256

# The pipeline adds the token itself; the SDK's configuration only requires some object.
_NO_CREDENTIALS = object()


class ConnectorPool:
    """
    Connector clients by service URL, all on one session; an LRU cache of `_CLIENTS`.

    Every request to a channel goes through one of them and carries the bot's token. No client is made for a
    service URL that *service_urls* refuses. The policy is fixed while the process runs, so cached clients
    need no second check.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        tokens: OutboundTokens,
        service_urls: ServiceUrlPolicy,
        hosts: ServiceHosts,
        *,
        user_agent: str,
        sent: Sent = unmeasured,
    ) -> None:
        """
        Send on *session*, whose timeouts and limits hold for every client, with the bot's token from
        *tokens*.

        *hosts* has a circuit breaker for each host; no request is sent while it is open. *sent* is told of
        each request.
        """
        self._sent = sent
        self._session = session
        self._hosts = hosts
        self._tokens = tokens
        self._service_urls = service_urls
        self._user_agent = user_agent
        self._clients: LruMap[tuple[str, VouchedBy], ConnectorClient] = LruMap(_CLIENTS)

    def client(self, service_url: str, vouched_by: VouchedBy = VouchedBy.NONE) -> Any:
        """Return the `ConnectorClient` for *service_url*; raise `RefusedServiceUrl`."""
        key = (service_url, vouched_by)
        client = self._clients.get(key)
        if client is None:
            client = self._create(self._service_urls.check(*key))
            self._clients.put(key, client)
        return client

    def _create(self, service_url: str) -> ConnectorClient:
        configuration = BotFrameworkConnectorConfiguration(_NO_CREDENTIALS, service_url)
        configuration.user_agent_policy.add_user_agent(self._user_agent)
        configuration.custom_pipeline = AiohttpPipeline(
            configuration, self._session, self._tokens, lambda: self._hosts.at(service_url), self._sent
        )
        client = ConnectorClient(None, service_url, custom_configuration=configuration)
        client.conversations = PooledConversations(
            client, self._session, self._tokens, self._hosts, service_url, self._sent
        )
        return client
