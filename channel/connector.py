"""The SDK's connector client on one pooled `aiohttp.ClientSession`, instead of `requests` in threads."""

from collections.abc import Mapping
from typing import Any

import aiohttp
import orjson
from botbuilder.schema import Activity, ResourceResponse
from botframework.connector.aio.operations_async import ConversationsOperations
from msrest.exceptions import HttpOperationError
from yarl import URL

from channel.answer import ConnectorAnswer
from channel.encoded_ids import encode_id
from channel.guarded_request import Sent, ask_measured, unmeasured
from channel.outbound_tokens import OutboundTokens
from delivery.hosts.service_host import ServiceHost
from delivery.hosts.service_hosts import ServiceHosts
from wire import from_dict, to_json


class ConnectorError(HttpOperationError):
    """The connector answered with an error; `response` has the details."""

    def __init__(self, response: ConnectorAnswer) -> None:
        """Report *response*."""
        self.response = response
        self.error = None
        self.message = f"The connector answered {response.status_code} {response.reason or ''}".rstrip()
        Exception.__init__(self, self.message)


class PooledConversations(ConversationsOperations):  # type: ignore[misc]  # The SDK is untyped.
    """
    The conversations of one service URL.

    Sending and replying, the operations of every turn, use the session directly. All other operations use the
    SDK's pipeline on the same session.
    """

    def __init__(
        self,
        client: Any,
        session: aiohttp.ClientSession,
        tokens: OutboundTokens,
        hosts: ServiceHosts,
        service_url: str,
        sent: Sent = unmeasured,
    ) -> None:
        """
        Take the SDK's parts from *client* for the operations that this class does not replace.

        *sent* is told of each request.
        """
        stock = client.conversations
        super().__init__(stock._client, stock.config, stock._serialize, stock._deserialize)
        self._session = session
        self._tokens = tokens
        self._hosts = hosts
        self._service_url = service_url
        self._sent = sent
        self._root = URL(f"{service_url.rstrip('/')}/v3/conversations/", encoded=True)
        self._headers = {
            "Accept": "application/json",
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": stock.config.user_agent_policy.user_agent,
        }

    async def send_to_conversation(
        self,
        conversation_id: str,
        activity: Activity,
        *,
        custom_headers: Mapping[str, str] | None = None,
        raw: bool = False,
        **operation_config: Any,
    ) -> Any:
        """Send *activity*; with special options, use the SDK's operation."""
        if raw or operation_config:
            return await super().send_to_conversation(
                conversation_id, activity, custom_headers=custom_headers, raw=raw, **operation_config
            )
        conversation = encode_id(conversation_id)
        return await self._send("POST", conversation, f"{conversation}/activities", activity, custom_headers)

    async def reply_to_activity(
        self,
        conversation_id: str,
        activity_id: str,
        activity: Activity,
        *,
        custom_headers: Mapping[str, str] | None = None,
        raw: bool = False,
        **operation_config: Any,
    ) -> Any:
        """Reply with *activity*; with special options, use the SDK's operation."""
        if raw or operation_config:
            return await super().reply_to_activity(
                conversation_id,
                activity_id,
                activity,
                custom_headers=custom_headers,
                raw=raw,
                **operation_config,
            )
        conversation = encode_id(conversation_id)
        path = f"{conversation}/activities/{encode_id(activity_id)}"
        return await self._send("POST", conversation, path, activity, custom_headers)

    async def update_activity(
        self,
        conversation_id: str,
        activity_id: str,
        activity: Activity,
        *,
        custom_headers: Mapping[str, str] | None = None,
        raw: bool = False,
        **operation_config: Any,
    ) -> Any:
        """Replace an activity that was sent before; with special options, use the SDK's operation."""
        if raw or operation_config:
            return await super().update_activity(
                conversation_id,
                activity_id,
                activity,
                custom_headers=custom_headers,
                raw=raw,
                **operation_config,
            )
        conversation = encode_id(conversation_id)
        path = f"{conversation}/activities/{encode_id(activity_id)}"
        return await self._send("PUT", conversation, path, activity, custom_headers)

    # The SDK's operations read their URL from the `metadata` of the method with their name, overridden here.
    send_to_conversation.metadata = ConversationsOperations.send_to_conversation.metadata  # type: ignore[attr-defined]
    reply_to_activity.metadata = ConversationsOperations.reply_to_activity.metadata  # type: ignore[attr-defined]
    update_activity.metadata = ConversationsOperations.update_activity.metadata  # type: ignore[attr-defined]

    async def _send(
        self,
        method: str,
        conversation: str,
        path: str,
        activity: Activity,
        custom_headers: Mapping[str, str] | None,
    ) -> ResourceResponse:
        """
        Send *activity* and return the receipt; any 2xx is a success, whatever its body.

        Raises `ConnectorError` for any other response, aiohttp's errors or TimeoutError if there is none, and
        `CircuitOpen` if the request was not sent.
        """
        host = self._hosts.at(self._service_url)
        headers = {**self._headers, "x-ms-conversation-id": conversation}
        if custom_headers:
            headers.update(custom_headers)
        # Changing the path of a parsed URL: +1.6 % per turn with a new URL parsed, by callgrind.
        url, data = self._root.with_path(self._root.raw_path + path, encoded=True), to_json(activity)
        token = await self._tokens.get()
        channel = str(activity.channel_id)
        answer = await self._ask(channel, method, host, url, data, headers, token)
        if answer.status_code == 401 and token is not None and self._tokens.forget(token):
            # The token was revoked, or its key was replaced: this says nothing about the message, so retry
            # once.
            answer = await self._ask(channel, method, host, url, data, headers, await self._tokens.get())
        if not 200 <= answer.status_code < 300:
            raise ConnectorError(answer)
        return _receipt(answer.body)

    async def _ask(
        self,
        channel: str,
        method: str,
        host: ServiceHost,
        url: URL,
        data: bytes,
        headers: Mapping[str, str],
        token: str | None,
    ) -> ConnectorAnswer:
        signed = headers if token is None else {"Authorization": f"Bearer {token}", **headers}
        return await ask_measured(
            self._sent, channel, self._session, host, method, url, data=data, headers=signed
        )


def _receipt(body: bytes) -> ResourceResponse:
    """Return the receipt in *body*, an empty one if it is malformed: the message was delivered anyway."""
    try:
        document = orjson.loads(body)
    except ValueError:
        document = None
    return from_dict(ResourceResponse, document) if isinstance(document, dict) else ResourceResponse()
