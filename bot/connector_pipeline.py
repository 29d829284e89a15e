"""The SDK's request pipeline on an `aiohttp.ClientSession`, for the operations we have no fast path for."""

from typing import Any, Self

import aiohttp
from msrest.pipeline import Request, Response
from msrest.pipeline.async_abc import AsyncHTTPSender, AsyncPipeline
from msrest.pipeline.universal import RawDeserializer
from msrest.universal_http.aiohttp import AioHttpClientResponse

from bot.credentials import OutboundTokens


class AiohttpPipeline(AsyncPipeline[Any, Any]):
    """User agent, JSON, log; then our session, signed."""

    def __init__(self, configuration: Any, session: aiohttp.ClientSession, tokens: OutboundTokens) -> None:
        """Take the policies from *configuration*."""
        policies = [configuration.user_agent_policy, RawDeserializer(), configuration.http_logger_policy]
        super().__init__(policies, _SessionSender(session, tokens))


class _SessionSender(AsyncHTTPSender[Any, Any]):
    """Sends one request of the pipeline; closes nothing, the session is not its own."""

    def __init__(self, session: aiohttp.ClientSession, tokens: OutboundTokens) -> None:
        self._session = session
        self._tokens = tokens

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_details: object) -> None:
        return None

    def build_context(self) -> None:
        """Return the pipeline's context: none is needed."""

    async def send(self, request: Request[Any], **_config: Any) -> Response[Any, Any]:
        """Send, and read the whole answer, as the SDK's operations expect."""
        http_request = request.http_request
        headers = dict(http_request.headers)
        token = await self._tokens.get()
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        async with self._session.request(
            http_request.method,
            http_request.url,
            headers=headers,
            data=http_request.data,
            allow_redirects=False,
        ) as answer:
            response = AioHttpClientResponse(http_request, answer)
            await response.load_body()
        return Response(request, response)
