"""The SDK's request pipeline on an `aiohttp.ClientSession`, for operations without a fast path."""

from collections.abc import Callable
from typing import Any, Self

import aiohttp
from msrest.exceptions import DeserializationError  # type: ignore[attr-defined]
from msrest.pipeline import Request, Response
from msrest.pipeline.async_abc import AsyncHTTPSender, AsyncPipeline
from msrest.pipeline.universal import RawDeserializer
from msrest.universal_http import ClientRequest
from msrest.universal_http.async_abc import AsyncClientResponse
from multidict import CIMultiDict

from channel.answer import ConnectorAnswer
from channel.guarded_request import Sent, ask_measured, unmeasured
from channel.outbound_tokens import OutboundTokens
from delivery.hosts.service_host import ServiceHost


class AiohttpPipeline(AsyncPipeline[Any, Any]):
    """Policies for user agent, JSON and logging, then the request with the bot's token on the session."""

    def __init__(
        self,
        configuration: Any,
        session: aiohttp.ClientSession,
        tokens: OutboundTokens,
        host: Callable[[], ServiceHost],
        sent: Sent = unmeasured,
    ) -> None:
        """
        Take the policies from *configuration*; *host* returns the host that requests go to.

        *sent* is told of each request; the channel is not known.
        """
        policies = [configuration.user_agent_policy, _Deserializer(), configuration.http_logger_policy]
        super().__init__(policies, _SessionSender(session, tokens, host, sent))


class _Deserializer(RawDeserializer):
    """Reads JSON, and ignores other bodies of error responses: the SDK's class fails on a gateway's HTML."""

    def on_response(self, request: Request[Any], response: Response[Any, Any], **kwargs: Any) -> None:
        try:
            super().on_response(request, response, **kwargs)
        except DeserializationError:
            if response.http_response.status_code < 300:
                raise


class _Response(AsyncClientResponse):
    """A response in the form that the SDK's operations read."""

    def __init__(self, request: ClientRequest, answer: ConnectorAnswer) -> None:
        super().__init__(request, answer)
        self.status_code = answer.status_code
        self.headers = CIMultiDict(answer.headers)
        self.reason = answer.reason

    def body(self) -> bytes:
        return bytes(self.internal_response.body)


class _SessionSender(AsyncHTTPSender[Any, Any]):
    """Sends one request of the pipeline. It does not close the session, which others use."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        tokens: OutboundTokens,
        host: Callable[[], ServiceHost],
        sent: Sent,
    ) -> None:
        self._session = session
        self._sent = sent
        self._tokens = tokens
        self._host = host

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_details: object) -> None:
        return None

    def build_context(self) -> None:
        """Return None: the pipeline needs no context."""

    async def send(self, request: Request[Any], **_config: Any) -> Response[Any, Any]:
        """Send the request and read the response, its body up to the limit of `read_answer`."""
        http_request = request.http_request
        headers = dict(http_request.headers)
        token = await self._tokens.get()
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        answer = await ask_measured(
            self._sent,
            "",
            self._session,
            self._host(),
            http_request.method,
            http_request.url,
            headers=headers,
            data=http_request.data,
        )
        if answer.status_code == 401 and token is not None:
            self._tokens.forget(token)
        return Response(request, _Response(http_request, answer))
