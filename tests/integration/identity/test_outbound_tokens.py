"""The bot's own tokens, through MSAL and a token endpoint on loopback."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiohttp import web

from channel.outbound_tokens import (
    PAUSE,
    CredentialRefused,
    OutboundTokenError,
    OutboundTokens,
    TokenUnavailable,
)
from channel.token_sources import SecretSource
from tests.fakes.fake_identity import LOGIN_METADATA, TOKEN
from tests.fakes.token_mint import APP_ID


@pytest.fixture
def source(identity, monkeypatch) -> SecretSource:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(identity.certificate))
    return SecretSource(
        app_id=APP_ID,
        password="secret",  # noqa: S106
        authority=identity.authority,
        scope="https://api.botframework.com",
        timeout=timedelta(seconds=5),
    )


@pytest.fixture
async def tokens(source, clock) -> AsyncIterator[OutboundTokens]:
    tokens = OutboundTokens(source, clock=clock)
    yield tokens
    await tokens.close()


def fetches() -> list[asyncio.Task[None]]:
    """The fetch under way, which runs in a task of its own."""
    return [task for task in asyncio.all_tasks() if task.get_name() == "fetch the bot's token"]


async def finished_fetch() -> None:
    await asyncio.wait(fetches())


async def test_without_authentication_there_is_no_token(clock):
    assert await OutboundTokens(None, clock=clock).get() is None


async def test_each_fetch_is_counted_by_its_outcome(identity, source, clock):
    outcomes: list[str] = []
    tokens = OutboundTokens(source, clock=clock, fetched=outcomes.append)
    identity.fail(TOKEN, 503)
    with pytest.raises(TokenUnavailable):
        await tokens.get()
    identity.unscript(TOKEN)
    clock.now += PAUSE
    await tokens.get()
    await tokens.close()
    assert outcomes == ["unavailable", "ok"]


async def test_the_bot_shows_its_id_and_secret_and_names_what_the_token_is_for(identity, tokens):
    assert await tokens.get() == "token-1"
    [form] = identity.forms
    assert (form["client_id"], form["client_secret"]) == (APP_ID, "secret")
    assert form["grant_type"] == "client_credentials"
    assert form["scope"] == "https://api.botframework.com/.default"


async def test_however_many_sends_wait_one_fetch_runs(identity, tokens):
    released = identity.hang(TOKEN)
    waiting = [asyncio.create_task(tokens.get()) for _ in range(50)]
    await identity.arrived.wait()
    waiting[0].cancel()
    released.set()
    assert set(await asyncio.gather(*waiting[1:])) == {"token-1"}
    assert identity.asked[TOKEN] == 1


async def test_a_token_is_renewed_ahead_of_its_end_and_no_send_waits_for_that(identity, tokens, clock):
    await tokens.get()
    clock.advance(minutes=49)
    assert await tokens.get() == "token-1"
    assert identity.asked[TOKEN] == 1
    released = identity.hang(TOKEN)
    clock.advance(minutes=1)
    assert await tokens.get() == "token-1"
    released.set()
    await finished_fetch()
    assert await tokens.get() == "token-2"


async def test_a_token_of_short_life_is_not_renewed_at_each_send(identity, tokens, clock):
    identity.tokens = [{"access_token": "short", "expires_in": 300, "token_type": "Bearer"}]
    assert await tokens.get() == await tokens.get() == "short"
    clock.advance(seconds=149)
    assert await tokens.get() == "short"
    assert not fetches()
    clock.advance(seconds=1)
    assert await tokens.get() == "short"
    await finished_fetch()
    assert await tokens.get() == "token-2"


async def test_a_token_that_lives_is_used_although_it_cannot_be_renewed(identity, tokens, clock):
    await tokens.get()
    identity.fail(TOKEN, 503)
    clock.advance(minutes=55)
    assert await tokens.get() == "token-1"
    await finished_fetch()
    assert await tokens.get() == "token-1"
    assert not fetches()  # Not again so soon.
    clock.advance(minutes=5)
    with pytest.raises(TokenUnavailable):
        await tokens.get()


async def test_a_failed_fetch_is_not_repeated_for_each_send_but_soon(identity, tokens, clock):
    identity.fail(TOKEN, 503)
    for _ in range(5):
        with pytest.raises(TokenUnavailable):
            await tokens.get()
    asked = identity.asked[TOKEN]
    assert asked <= 2  # MSAL tries a second time by itself.
    identity.unscript(TOKEN)
    clock.advance(seconds=10)
    assert await tokens.get() == "token-1"


async def test_a_token_that_the_connector_refuses_is_replaced(tokens, clock):
    token = await tokens.get()
    clock.advance(minutes=1)
    tokens.forget(token)
    assert await tokens.get() == "token-2"


async def test_a_new_token_is_not_replaced_nor_is_another_one(tokens, clock):
    """Many sends are refused with one token; the first of them has it replaced."""
    token = await tokens.get()
    tokens.forget(token)
    clock.advance(minutes=1)
    tokens.forget("another")
    assert await tokens.get() == token


@pytest.mark.parametrize(
    "error, description, setting",
    [
        ("invalid_client", "AADSTS7000215: Invalid client secret provided.", "MicrosoftAppPassword"),
        (
            "invalid_client",
            "AADSTS7000222: The provided client secret keys are expired.",
            "MicrosoftAppPassword",
        ),
        ("invalid_client", "", "MicrosoftAppPassword"),
        ("unauthorized_client", "AADSTS700016: Application not found.", "MicrosoftAppId"),
        ("invalid_request", "AADSTS90002: Tenant not found.", "MicrosoftAppTenantId"),
    ],
)
async def test_a_refusal_says_which_setting_to_mend(identity, tokens, caplog, error, description, setting):
    identity.tokens = [{"error": error, "error_description": description}]
    with pytest.raises(CredentialRefused) as caught:
        await tokens.get()
    assert setting in caught.value.setting
    assert setting in caplog.text
    assert "secret" not in caplog.text.replace("client secret", "")


async def test_a_tenant_that_does_not_exist_is_a_refusal_too(identity, tokens):
    identity.fail(LOGIN_METADATA, 400)
    with pytest.raises(CredentialRefused) as caught:
        await tokens.get()
    assert caught.value.setting == "MicrosoftAppTenantId"


@pytest.mark.parametrize(
    "path, status", [(LOGIN_METADATA, 500), (LOGIN_METADATA, 503), (TOKEN, 429), (TOKEN, 500), (TOKEN, 503)]
)
async def test_an_outage_is_no_refusal(identity, tokens, path, status):
    identity.fail(path, status)
    with pytest.raises(TokenUnavailable):
        await tokens.get()


@pytest.mark.parametrize("path", [LOGIN_METADATA, TOKEN])
@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"null", b"[]", b"1", b"{}", b'{"token_endpoint": 5}', b"[" * 9999]
)
async def test_a_document_that_makes_no_sense_is_an_outage_or_a_refusal(identity, tokens, path, body):
    identity.serve(path, body)
    with pytest.raises(OutboundTokenError):
        await tokens.get()


@pytest.mark.parametrize("path", [LOGIN_METADATA, TOKEN])
async def test_nobody_waits_longer_than_the_deadline(identity, source, clock, path):
    released = identity.hang(path)
    tokens = OutboundTokens(source, clock=clock, deadline=timedelta(milliseconds=50))
    with pytest.raises(TokenUnavailable):
        await tokens.get()
    released.set()
    await finished_fetch()


@pytest.mark.parametrize("path", [LOGIN_METADATA, TOKEN])
async def test_a_connection_that_drops_is_an_outage(identity, tokens, path):
    async def drop(request: web.Request) -> web.Response:
        request.transport.abort()
        return web.Response()

    identity.script(path, drop)
    with pytest.raises(TokenUnavailable):
        await tokens.get()


REDIRECTS = [301, 302, 303, 307, 308]


def redirect(identity, path: str, status: int, location: str) -> None:
    identity.fail(path, status, headers={"Location": location})


@pytest.mark.parametrize("status", REDIRECTS)
@pytest.mark.parametrize("path", [LOGIN_METADATA, TOKEN])
async def test_a_redirect_is_an_outage_and_the_secret_does_not_follow_it(
    identity, tokens, caplog, path, status
):
    """Its target is there, and would take the secret and hand out a token: over plain HTTP."""
    redirect(identity, path, status, identity.url("/elsewhere/oauth2/token"))
    identity.script("/elsewhere/oauth2/token", identity._token)
    with pytest.raises(TokenUnavailable, match=f"redirects \\({status}\\) to http://127.0.0.1"):
        await tokens.get()
    assert identity.forms == []
    assert identity.asked["/elsewhere/oauth2/token"] == 0
    assert f"redirects ({status})" in caplog.text


@pytest.mark.parametrize("location", ["/adfs/oauth2/token?again", "//[", "http://", "\u00e4", ""])
async def test_a_redirect_to_anywhere_is_not_followed(identity, tokens, location):
    redirect(identity, TOKEN, 307, location)
    with pytest.raises(TokenUnavailable):
        await tokens.get()
    assert identity.forms == []


async def test_a_document_that_names_a_token_endpoint_on_plain_http_gets_no_secret(identity, tokens):
    document = {
        "issuer": identity.authority,
        "authorization_endpoint": f"{identity.authority}/oauth2/authorize",
        "token_endpoint": identity.url(TOKEN),
    }
    identity.serve(LOGIN_METADATA, json.dumps(document).encode())
    with pytest.raises(OutboundTokenError):
        await tokens.get()
    assert identity.forms == []
