"""Tokens from a managed identity, whose endpoint App Service and Container Apps name in the environment."""

import pytest
from aiohttp import web

from channel.outbound_tokens import CredentialRefused, OutboundTokens, TokenSource, TokenUnavailable
from channel.token_sources import ManagedIdentitySource
from tests.fakes.fake_identity import MANAGED_IDENTITY
from tests.fakes.token_mint import APP_ID


@pytest.fixture
def managed(identity, monkeypatch) -> TokenSource:
    monkeypatch.setenv("IDENTITY_ENDPOINT", identity.url(MANAGED_IDENTITY))
    monkeypatch.setenv("IDENTITY_HEADER", "x")
    return ManagedIdentitySource(app_id=APP_ID, scope="https://api.botframework.com")


async def test_the_machine_vouches_for_the_bot(identity, managed, clock):
    assert await OutboundTokens(managed, clock=clock).get() == "token-1"
    [query] = identity.forms
    assert query == {
        "api-version": "2019-08-01",
        "client_id": APP_ID,
        "resource": "https://api.botframework.com",
    }


async def test_it_shows_the_header_that_the_host_gave_it(identity, managed, clock):
    headers = []

    async def answer(request: web.Request) -> web.StreamResponse:
        headers.append(request.headers["X-IDENTITY-HEADER"])
        return await identity._token(request)

    identity.script(MANAGED_IDENTITY, answer)
    assert await OutboundTokens(managed, clock=clock).get() == "token-1"
    assert headers == ["x"]


async def test_a_proxy_for_the_world_gets_no_request_for_the_host(identity, managed, clock, monkeypatch):
    """The header would go to the proxy, in plain text, and the endpoint is not in the proxy's network."""
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", identity.url("/").replace("127.0.0.1", "localhost"))
    hosts = []

    async def answer(request: web.Request) -> web.StreamResponse:
        hosts.append(request.raw_path.startswith("http://"))  # A proxy is sent the whole URL.
        return await identity._token(request)

    identity.script(MANAGED_IDENTITY, answer)
    assert await OutboundTokens(managed, clock=clock).get() == "token-1"
    assert hosts == [False]


async def test_an_identity_that_the_machine_does_not_have_names_the_setting(identity, managed, clock):
    identity.fail(MANAGED_IDENTITY, 400, text='{"statusCode": 400, "message": "No such identity"}')
    with pytest.raises(CredentialRefused) as caught:
        await OutboundTokens(managed, clock=clock).get()
    assert "MicrosoftAppId" in caught.value.setting


@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.parametrize("text", ["oops", '{"statusCode": 500, "message": "An error"}'], ids=["text", "JSON"])
async def test_an_endpoint_that_fails_is_an_outage(identity, managed, clock, status, text):
    """MSAL takes each body of JSON without a token for a refusal, also while the endpoint starts."""
    identity.fail(MANAGED_IDENTITY, status, text=text)
    with pytest.raises(TokenUnavailable, match=f"the managed identity's endpoint answers {status}"):
        await OutboundTokens(managed, clock=clock).get()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_an_outage_and_is_not_followed(identity, managed, clock, status):
    identity.fail(MANAGED_IDENTITY, status, headers={"Location": identity.url("/elsewhere")})
    with pytest.raises(TokenUnavailable, match=f"redirects \\({status}\\)"):
        await OutboundTokens(managed, clock=clock).get()
    assert identity.asked["/elsewhere"] == 0
