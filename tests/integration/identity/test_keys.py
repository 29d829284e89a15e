"""The issuer's keys: fetched by single flight, kept during an outage, and malformed documents."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiohttp import web
from botframework.connector.auth.jwt_token_extractor import JwtTokenExtractor
from botframework.connector.auth.verify_options import VerifyOptions

from identity.open_id_metadata import (
    MAX_DOCUMENT_BYTES,
    KeysError,
    KeysUnavailable,
    OpenIdMetadata,
    UnknownKey,
)
from tests.fakes.fake_identity import CHANNEL_KEYS, CHANNEL_METADATA
from tests.fakes.token_mint import CHANNEL_ISSUER, TokenMint, public_jwk, rsa_key

TIMEOUT = timedelta(seconds=1)


@pytest.fixture
async def keys(identity, session, clock) -> AsyncIterator[OpenIdMetadata]:
    url = identity.url(CHANNEL_METADATA)
    keys = OpenIdMetadata(url, session=session, monotonic=clock.monotonic, timeout=TIMEOUT)
    yield keys
    await keys.close()


async def finished_fetch() -> None:
    """Wait for the fetch under way, which runs in a task of its own."""
    fetches = [task for task in asyncio.all_tasks() if task.get_name().startswith("fetch keys")]
    assert fetches
    await asyncio.wait(fetches)


async def test_a_key_comes_with_its_endorsements(keys):
    key = await keys.get("channel")
    assert key.public_key.public_numbers() == rsa_key("channel").public_key().public_numbers()
    assert key.endorsements == {"msteams", "webchat"}


async def test_the_sdk_s_own_extractor_can_use_it(identity, keys, clock):
    """`metadataCache` takes any object with an async `get(key_id)`."""
    url = identity.url(CHANNEL_METADATA)
    JwtTokenExtractor.metadataCache[url] = keys
    try:
        options = VerifyOptions([CHANNEL_ISSUER], None, 300, True)
        extractor = JwtTokenExtractor(options, url, ["RS256"])
        token = TokenMint(clock()).channel()
        found = await extractor.get_identity_from_auth_header(f"Bearer {token}", "msteams", ["webchat"])
    finally:
        del JwtTokenExtractor.metadataCache[url]
    assert found.is_authenticated


async def test_however_many_ask_at_once_one_fetch_runs(identity, keys):
    released = identity.hang(CHANNEL_KEYS)
    asking = [asyncio.create_task(keys.get("channel")) for _ in range(50)]
    await identity.arrived.wait()
    released.set()
    await asyncio.gather(*asking)
    assert identity.asked == {CHANNEL_METADATA: 1, CHANNEL_KEYS: 1}


async def test_one_who_gives_up_takes_nothing_from_the_others(identity, keys):
    released = identity.hang(CHANNEL_KEYS)
    first, second = (asyncio.create_task(keys.get("channel")) for _ in range(2))
    await identity.arrived.wait()
    first.cancel()
    released.set()
    assert (await second).endorsements
    assert identity.asked[CHANNEL_KEYS] == 1


async def test_unknown_key_ids_make_us_ask_a_few_times_a_minute_at_most(identity, keys, clock):
    """However many are made up, and for however long."""
    for minute in range(1, 4):
        for _ in range(60):
            with pytest.raises(KeysError):
                await keys.get("made up")
            clock.advance(seconds=1)
        assert identity.asked[CHANNEL_KEYS] <= 4 + 4 * minute


async def test_an_unknown_key_that_cannot_be_looked_up_is_not_said_to_be_none(identity, keys, clock):
    """It may be the issuer's newest key: then the caller succeeds with a later attempt."""
    for number in range(5):  # The first fetch is none of the budget's: there are no keys yet.
        with pytest.raises(UnknownKey):
            await keys.get(f"made up {number}")
    with pytest.raises(KeysUnavailable) as caught:
        await keys.get("made up")
    assert caught.value.retry_after == timedelta(seconds=15)
    identity.keys[CHANNEL_KEYS] = [public_jwk("new")]
    clock.advance(seconds=9)
    with pytest.raises(KeysUnavailable) as caught:
        await keys.get("new")
    assert caught.value.retry_after == timedelta(seconds=6)
    clock.now += caught.value.retry_after
    assert await keys.get("new")
    assert identity.asked[CHANNEL_KEYS] == 6


async def test_one_made_up_key_id_just_before_a_key_change_locks_nobody_out(identity, keys):
    await keys.get("channel")
    with pytest.raises(UnknownKey):
        await keys.get("made up")
    identity.keys[CHANNEL_KEYS] = [public_jwk("new")]
    assert await keys.get("new")


async def test_a_key_at_hand_is_told_without_asking(identity, keys, clock):
    assert keys.listed("channel") is None
    key = await keys.get("channel")
    assert keys.listed("channel") is key
    assert keys.listed("made up") is None
    assert identity.asked[CHANNEL_KEYS] == 1


async def test_telling_the_key_at_hand_renews_it_in_time(identity, keys, clock):
    """Otherwise a channel whose tokens are all cached would keep a withdrawn key in use."""
    key = await keys.get("channel")
    clock.advance(hours=1)
    assert keys.listed("channel") is key
    await finished_fetch()
    assert keys.listed("channel") is key  # It has not changed.
    identity.keys[CHANNEL_KEYS] = [public_jwk("new")]
    clock.advance(hours=1)
    assert keys.listed("channel") is key
    await finished_fetch()
    assert keys.listed("channel") is None


async def test_a_key_of_yesterday_is_not_told(keys, clock):
    await keys.get("channel")
    clock.advance(hours=24)
    assert keys.listed("channel") is None


@pytest.mark.parametrize("change", [{"endorsements": ["webchat"]}, {"issuer": "https://other.example/"}])
async def test_a_key_whose_entry_changes_is_another_key(identity, keys, clock, change):
    key = await keys.get("channel")
    identity.keys[CHANNEL_KEYS] = [public_jwk("channel", **change)]
    clock.advance(hours=1)
    await keys.get("channel")
    await finished_fetch()
    assert keys.listed("channel") not in (None, key)


async def test_a_withdrawn_key_is_gone_within_the_hour(identity, keys, clock):
    await keys.get("channel")
    identity.keys[CHANNEL_KEYS] = [public_jwk("new")]
    clock.advance(hours=1)
    await keys.get("channel")  # Served from what is at hand; the renewal runs beside it.
    await finished_fetch()
    with pytest.raises(UnknownKey):
        await keys.get("channel")


async def test_keys_of_yesterday_are_renewed_before_they_are_used(identity, keys, clock):
    await keys.get("channel")
    identity.keys[CHANNEL_KEYS] = [public_jwk("new")]
    clock.advance(hours=24)
    with pytest.raises(UnknownKey):
        await keys.get("channel")


@pytest.mark.parametrize("age", [timedelta(hours=1), timedelta(days=3)])
async def test_the_last_good_keys_survive_an_outage(identity, keys, clock, age):
    await keys.get("channel")
    identity.fail(CHANNEL_METADATA)
    for _ in range(3):
        clock.now += age
        assert await keys.get("channel")


async def test_in_an_outage_nobody_can_say_whether_a_key_exists(identity, keys, clock):
    await keys.get("channel")
    identity.fail(CHANNEL_METADATA)
    clock.advance(minutes=1)
    with pytest.raises(KeysUnavailable):
        await keys.get("unknown")
    identity.unscript(CHANNEL_METADATA)
    clock.advance(minutes=1)
    with pytest.raises(UnknownKey):
        await keys.get("unknown")


async def test_without_any_keys_we_ask_again_soon_but_not_at_each_request(identity, keys, clock):
    identity.fail(CHANNEL_METADATA)
    for _ in range(5):
        with pytest.raises(KeysUnavailable):
            await keys.get("channel")
    assert identity.asked[CHANNEL_METADATA] == 1
    identity.unscript(CHANNEL_METADATA)
    clock.advance(seconds=5)
    assert await keys.get("channel")


async def test_a_key_server_that_hangs_holds_up_neither_the_loop_nor_a_request_for_long(identity, keys):
    """
    The SDK's own fetch stands the loop still for as long as the key server likes.

    The fake runs on the same loop, so it could not even note the request if the fetch blocked.
    """
    identity.hang(CHANNEL_KEYS)
    asking = asyncio.create_task(keys.get("channel"))
    await identity.arrived.wait()
    assert not asking.done()
    with pytest.raises(KeysUnavailable):
        await asking


@pytest.mark.parametrize("path", [CHANNEL_METADATA, CHANNEL_KEYS])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"null",
        b"[]",
        b"{}",
        b'{"keys": 5, "jwks_uri": 5}',
        b'{"keys": [], "jwks_uri": "ftp://127.0.0.1/keys"}',
        b'{"keys": [1, null, {}], "jwks_uri": "http://[/"}',
        b'{"keys": {"kid": 1}, "jwks_uri": "http://127.0.0.1:1/keys"}',
        b'{"jwks_uri": "http://%s/keys"}' % (b"x" * 300),
        b'{"jwks_uri": "http://x..y/keys"}',
        b'{"jwks_uri": "http://x:99999/keys"}',
        b'{"jwks_uri": "http://\\ud800/keys"}',
        '{"jwks_uri": "http://\u00ad\u2100/keys"}'.encode(),
        b"[" * 100_000,
        b" " * (1024 * 1024 + 1),
    ],
    ids=lambda value: value[:30].decode() if isinstance(value, bytes) else value,
)
async def test_a_document_that_is_none_takes_no_key_away(identity, keys, clock, path, body):
    await keys.get("channel")
    identity.serve(path, body)
    clock.advance(hours=24)
    assert await keys.get("channel")
    clock.advance(minutes=1)
    with pytest.raises(KeysUnavailable):
        await keys.get("unknown")


async def test_a_redirect_is_not_followed(identity, keys):
    async def elsewhere(_: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": identity.url("/channel/keys")})

    identity.script(CHANNEL_METADATA, elsewhere)
    with pytest.raises(KeysUnavailable):
        await keys.get("channel")
    assert identity.asked[CHANNEL_KEYS] == 0


async def test_an_endless_document_is_not_read_to_its_end(identity, keys):
    async def endless(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        try:
            while True:
                await answer.write(b" " * 65536)
        except ConnectionError:
            return answer

    identity.script(CHANNEL_KEYS, endless)
    with pytest.raises(KeysUnavailable):
        await keys.get("channel")


async def test_a_document_is_as_large_as_any_real_one_and_no_larger(identity, keys):
    document = json.dumps({"keys": identity.keys[CHANNEL_KEYS]}).encode()
    identity.serve(CHANNEL_KEYS, document + b" " * MAX_DOCUMENT_BYTES)
    with pytest.raises(KeysUnavailable):
        await keys.get("channel")


async def test_a_document_that_came_over_tls_does_not_send_us_to_plain_http(identity, session, clock):
    async def plain(_: web.Request) -> web.Response:
        return web.json_response({"jwks_uri": identity.url(CHANNEL_KEYS)})

    identity.script(CHANNEL_METADATA, plain)
    url = identity.authority.replace("/adfs", CHANNEL_METADATA)
    keys = OpenIdMetadata(url, session=Trusting(session), monotonic=clock.monotonic)
    with pytest.raises(KeysUnavailable):
        await keys.get("channel")
    assert identity.asked == {CHANNEL_METADATA: 1}


class Trusting:
    """A session that takes the certificate of the test."""

    def __init__(self, session) -> None:
        self._session = session

    def get(self, url, **options):
        return self._session.get(url, ssl=False, **options)
