"""The table of token kinds and their verdicts, against keys fetched over a real socket."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any

import pytest

from identity.clouds import PUBLIC, US_GOVERNMENT, Cloud
from identity.errors import AuthError, Forbidden, IdentityUnavailable, Unauthorized
from identity.open_id_metadata import OpenIdMetadata
from identity.token_rules import ChannelTokens, DirectoryTokens
from identity.token_verifier import TokenVerifier
from identity.verified_token_cache import VerifiedTokenCache
from tests.fakes.fake_identity import CHANNEL_METADATA, DIRECTORY_METADATA
from tests.fakes.token_mint import (
    APP_ID,
    BOT_FRAMEWORK_TENANT,
    CHANNEL_ISSUER,
    GOVERNMENT_ISSUER,
    JOB_SYSTEM,
    SERVICE_URL,
    STRANGER,
    TENANT,
    TokenMint,
    issuer_v1,
    issuer_v2,
    public_jwk,
    signed_with_public_key,
    unsigned,
)


@dataclass(frozen=True, kw_only=True)
class Bot:
    """How a bot is set up, as far as tokens are concerned."""

    cloud: Cloud = PUBLIC
    tenant_id: str | None = None
    emulator_tokens: bool = False
    callers: frozenset[str] = frozenset()


CLOSED = Bot()
IN_DEVELOPMENT = Bot(emulator_tokens=True)
WITH_JOB_SYSTEM = Bot(callers=frozenset({JOB_SYSTEM}))
OF_ONE_TENANT = Bot(tenant_id=TENANT, emulator_tokens=True)
OF_THE_GOVERNMENT = Bot(cloud=US_GOVERNMENT)
GOVERNMENT_TENANT = replace(OF_ONE_TENANT, cloud=US_GOVERNMENT)


@pytest.fixture
def mint(clock) -> TokenMint:
    return TokenMint(clock())


@pytest.fixture
def verifier_of(identity, session, clock):
    def build(bot: Bot) -> TokenVerifier:
        def keys(path: str) -> OpenIdMetadata:
            return OpenIdMetadata(identity.url(path), session=session, monotonic=clock.monotonic)

        return TokenVerifier(
            channel=ChannelTokens(
                app_id=APP_ID, issuers=frozenset({bot.cloud.channel_issuer}), keys=keys(CHANNEL_METADATA)
            ),
            directory=DirectoryTokens(
                app_id=APP_ID,
                issuers=bot.cloud.directory_issuers(bot.tenant_id),
                keys=keys(DIRECTORY_METADATA),
                callers=bot.callers,
                emulator_tokens=bot.emulator_tokens,
            ),
            clock=clock,
            verified=VerifiedTokenCache(monotonic=clock.monotonic),
        )

    return build


async def verdict(verifier: TokenVerifier, *headers: str, **activity: Any) -> type[AuthError] | None:
    """Return the error for the request; None if it is accepted."""
    facts = {"channel_id": "msteams", "service_url": SERVICE_URL} | activity
    try:
        identity = await verifier.verify(headers, **facts)
    except AuthError as error:
        return type(error)
    assert identity.is_authenticated
    return None


TOKENS = [
    # Of a channel.
    ("from the channel", CLOSED, lambda m: m.channel(), None),
    ("from the channel, app id in upper case", CLOSED, lambda m: m.channel(aud=APP_ID.upper()), None),
    ("expired four minutes ago", CLOSED, lambda m: m.channel(exp=m.now.timestamp() - 240), None),
    ("valid in four minutes", CLOSED, lambda m: m.channel(nbf=m.now.timestamp() + 240), None),
    ("without nbf", CLOSED, lambda m: m.channel(nbf=None), None),
    (
        "signed with RS512",
        CLOSED,
        lambda m: m.sign(m.channel_claims(), signer="channel", algorithm="RS512"),
        None,
    ),
    ("expired five minutes ago", CLOSED, lambda m: m.channel(exp=m.now.timestamp() - 300), Unauthorized),
    ("valid in six minutes", CLOSED, lambda m: m.channel(nbf=m.now.timestamp() + 360), Unauthorized),
    ("without an expiry", CLOSED, lambda m: m.channel(exp=None), Unauthorized),
    ("expiry is a text", CLOSED, lambda m: m.channel(exp="9999999999"), Unauthorized),
    ("expiry is true", CLOSED, lambda m: m.channel(exp=True), Unauthorized),
    ("expiry is infinite", CLOSED, lambda m: m.channel(exp=float("inf")), Unauthorized),
    ("expiry is not a number", CLOSED, lambda m: m.channel(exp=float("nan")), Unauthorized),
    ("expiry is past any float", CLOSED, lambda m: m.channel(exp=10**400), Unauthorized),
    ("nbf is true", CLOSED, lambda m: m.channel(nbf=True), Unauthorized),
    ("nbf is a list", CLOSED, lambda m: m.channel(nbf=[1]), Unauthorized),
    ("for another bot", CLOSED, lambda m: m.channel(aud=STRANGER), Unauthorized),
    ("for this bot among others", CLOSED, lambda m: m.channel(aud=[APP_ID, STRANGER]), Unauthorized),
    ("for a list of this bot", CLOSED, lambda m: m.channel(aud=[APP_ID]), Unauthorized),
    ("for nobody", CLOSED, lambda m: m.channel(aud=None), Unauthorized),
    ("from an issuer of its own", CLOSED, lambda m: m.channel(iss="https://evil.example"), Unauthorized),
    ("without an issuer", CLOSED, lambda m: m.channel(iss=None), Unauthorized),
    ("issuer is a list", CLOSED, lambda m: m.channel(iss=[CHANNEL_ISSUER]), Unauthorized),
    ("from the government's channel", CLOSED, lambda m: m.channel(iss=GOVERNMENT_ISSUER), Unauthorized),
    (
        "channel's issuer, directory's key",
        IN_DEVELOPMENT,
        lambda m: m.sign(m.channel_claims(), signer="directory"),
        Unauthorized,
    ),
    (
        "signed with another key",
        CLOSED,
        lambda m: m.sign(m.channel_claims(), signer="stranger", kid="channel"),
        Unauthorized,
    ),
    ("key unknown", CLOSED, lambda m: m.sign(m.channel_claims(), signer="stranger"), Unauthorized),
    ("no key named", CLOSED, lambda m: m.sign(m.channel_claims(), signer="channel", kid=None), Unauthorized),
    ("not signed", CLOSED, lambda m: unsigned(m.channel_claims()), Unauthorized),
    ("signature cut off", CLOSED, lambda m: m.channel().rsplit(".", 1)[0] + ".", Unauthorized),
    ("not signed, says RS256", CLOSED, lambda m: unsigned(m.channel_claims(), "RS256") + "AA", Unauthorized),
    (
        "signed with the public key",
        CLOSED,
        lambda m: signed_with_public_key(m.channel_claims()),
        Unauthorized,
    ),
    (
        "signed with PS256",
        CLOSED,
        lambda m: m.sign(m.channel_claims(), signer="channel", algorithm="PS256"),
        Unauthorized,
    ),
    (
        "with a critical header that nobody knows",
        CLOSED,
        lambda m: m.sign(m.channel_claims(), signer="channel", headers={"crit": ["x"], "x": 1}),
        Unauthorized,
    ),
    ("for another service URL", CLOSED, lambda m: m.channel(serviceurl="https://evil.example"), Forbidden),
    ("for no service URL", CLOSED, lambda m: m.channel(serviceurl=None), Forbidden),
    ("from the government's channel", OF_THE_GOVERNMENT, lambda m: m.channel(iss=GOVERNMENT_ISSUER), None),
    ("from the public channel", OF_THE_GOVERNMENT, lambda m: m.channel(), Unauthorized),
    # Of the Emulator, which has the bot's password.
    ("Emulator v2", IN_DEVELOPMENT, lambda m: m.emulator(), None),
    ("Emulator v1", IN_DEVELOPMENT, lambda m: m.emulator("1.0"), None),
    ("Emulator v2", CLOSED, lambda m: m.emulator(), Forbidden),
    ("Emulator v1", CLOSED, lambda m: m.emulator("1.0"), Forbidden),
    (
        "the bot's own outbound token",
        IN_DEVELOPMENT,
        lambda m: m.emulator(aud="https://api.botframework.com"),
        Unauthorized,
    ),
    ("Emulator, without a version", IN_DEVELOPMENT, lambda m: m.emulator(ver=None), Unauthorized),
    ("Emulator, version 3.0", IN_DEVELOPMENT, lambda m: m.emulator(ver="3.0"), Unauthorized),
    ("Emulator, version is a number", IN_DEVELOPMENT, lambda m: m.emulator(ver=2), Unauthorized),
    ("Emulator, no application named", IN_DEVELOPMENT, lambda m: m.emulator(azp=None), Unauthorized),
    (
        "Emulator, v1 name in a v2 token",
        IN_DEVELOPMENT,
        lambda m: m.emulator(azp=None, appid=APP_ID),
        Unauthorized,
    ),
    ("Emulator, expired", IN_DEVELOPMENT, lambda m: m.emulator(exp=1), Unauthorized),
    ("Emulator, for a user", IN_DEVELOPMENT, lambda m: m.emulator(scp="access"), Forbidden),
    ("Emulator, another tenant", IN_DEVELOPMENT, lambda m: m.emulator(iss=issuer_v2(TENANT)), Unauthorized),
    ("Emulator, own tenant v2", OF_ONE_TENANT, lambda m: m.emulator(iss=issuer_v2(TENANT)), None),
    ("Emulator, own tenant v1", OF_ONE_TENANT, lambda m: m.emulator("1.0", iss=issuer_v1(TENANT)), None),
    ("Emulator, Bot Framework's tenant", OF_ONE_TENANT, lambda m: m.emulator(), None),
    (
        "Emulator, another tenant",
        OF_ONE_TENANT,
        lambda m: m.emulator(iss=issuer_v2(STRANGER)),
        Unauthorized,
    ),
    (
        "Emulator, own tenant of the government",
        GOVERNMENT_TENANT,
        lambda m: m.emulator(iss=f"https://login.microsoftonline.us/{TENANT}/v2.0"),
        None,
    ),
    # Of another bot.
    ("from the job system v2", WITH_JOB_SYSTEM, lambda m: m.application(JOB_SYSTEM), None),
    ("from the job system v1", WITH_JOB_SYSTEM, lambda m: m.application(JOB_SYSTEM, "1.0"), None),
    ("from the job system", CLOSED, lambda m: m.application(JOB_SYSTEM), Forbidden),
    ("from another bot", WITH_JOB_SYSTEM, lambda m: m.application(STRANGER), Forbidden),
    ("Emulator", WITH_JOB_SYSTEM, lambda m: m.emulator(), Forbidden),
    (
        "from the job system, for another bot",
        WITH_JOB_SYSTEM,
        lambda m: m.application(JOB_SYSTEM, aud=STRANGER),
        Unauthorized,
    ),
    (
        "from the job system, without an expiry",
        WITH_JOB_SYSTEM,
        lambda m: m.application(JOB_SYSTEM, exp=None),
        Unauthorized,
    ),
]


@pytest.mark.parametrize("bot, token, expected", [row[1:] for row in TOKENS], ids=[row[0] for row in TOKENS])
async def test_each_kind_of_token_has_its_verdict(verifier_of, mint, bot, token, expected):
    assert await verdict(verifier_of(bot), f"Bearer {token(mint)}") is expected


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER   "])
async def test_the_scheme_is_spelt_in_any_case(verifier_of, mint, scheme):
    assert await verdict(verifier_of(CLOSED), scheme + mint.channel()) is None


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "{token}",
        "Basic {token}",
        "Bearer {token} {token}",
        "Bearer {token}\n",
        "Bearer {token}, Bearer {token}",
        "Bearer {token}=",
        "Bearer a.b.c",
        "Bearer e30.e30.e30",
        "Bearer e30.W10.e30",
        "Bearer .",
        "Bearer {token}" + "A" * 20_000,
        "Bearer " + "W1tb" * 1500 + ".e30.e30",  # Opens 4,500 arrays in its header, …
        "Bearer eyJhbGciOiJSUzI1NiJ9." + "W1tb" * 1500 + ".e30",  # … and in its claims.
    ],
)
async def test_a_header_that_is_no_bearer_token_is_unauthorized(verifier_of, mint, header):
    assert await verdict(verifier_of(CLOSED), header.format(token=mint.channel())) is Unauthorized


async def test_no_header_is_unauthorized_and_so_are_two(verifier_of, mint):
    verifier, header = verifier_of(CLOSED), f"Bearer {mint.channel()}"
    assert await verdict(verifier) is Unauthorized
    assert await verdict(verifier, header, header) is Unauthorized


async def test_a_remembered_token_still_counts_for_its_channel_and_service_url_alone(verifier_of, mint):
    verifier, header = verifier_of(CLOSED), f"Bearer {mint.channel()}"
    assert await verdict(verifier, header) is None
    assert await verdict(verifier, header, channel_id="webchat") is None
    assert await verdict(verifier, header, channel_id="directline") is Forbidden
    assert await verdict(verifier, header, service_url="https://evil.example/") is Forbidden


async def test_a_remembered_token_expires(verifier_of, mint, clock):
    verifier, header = verifier_of(CLOSED), f"Bearer {mint.channel()}"
    assert await verdict(verifier, header) is None
    clock.advance(hours=1, minutes=4)
    assert await verdict(verifier, header) is None
    clock.advance(minutes=1)
    assert await verdict(verifier, header) is Unauthorized


class TestRememberedToken:
    """One that is valid for years is worth no more than the key that signed it."""

    @pytest.fixture
    def header(self, mint) -> str:
        return f"Bearer {mint.channel(exp=mint.now.timestamp() + 1e9)}"

    @pytest.mark.parametrize("age", [{"hours": 1}, {"hours": 3}, {"days": 1}, {"days": 900}], ids=str)
    async def test_it_goes_with_its_key(self, identity, verifier_of, header, clock, age):
        verifier = verifier_of(CLOSED)
        assert await verdict(verifier, header) is None
        identity.keys["/channel/keys"] = [public_jwk("new", endorsements=["msteams"])]
        clock.advance(**age)
        # At most this one request is served by the keys at hand, while they are renewed beside it.
        await verdict(verifier, header)
        await asyncio.gather(
            *(task for task in asyncio.all_tasks() if task.get_name().startswith("fetch keys"))
        )
        assert await verdict(verifier, header) is Unauthorized

    async def test_it_goes_with_its_key_as_soon_as_another_token_brings_the_news(
        self, identity, verifier_of, header, mint
    ):
        verifier = verifier_of(CLOSED)
        assert await verdict(verifier, header) is None
        identity.keys["/channel/keys"] = [public_jwk("new", endorsements=["msteams"])]
        assert await verdict(verifier, f"Bearer {mint.sign(mint.channel_claims(), signer='new')}") is None
        assert await verdict(verifier, header) is Unauthorized

    async def test_a_new_key_of_the_same_id_has_not_signed_it(self, identity, verifier_of, header, mint):
        verifier = verifier_of(CLOSED)
        assert await verdict(verifier, header) is None
        replaced = public_jwk("stranger", endorsements=["msteams"]) | {"kid": "channel"}
        identity.keys["/channel/keys"] = [replaced]
        assert await verdict(verifier, f"Bearer {mint.sign(mint.channel_claims(), signer='made up')}")
        assert await verdict(verifier, header) is Unauthorized

    async def test_while_its_key_is_listed_it_is_checked_without_the_network(
        self, identity, verifier_of, header
    ):
        verifier = verifier_of(CLOSED)
        assert await verdict(verifier, header) is None
        identity.fail(CHANNEL_METADATA)
        asked = identity.asked.total()
        for _ in range(20):
            assert await verdict(verifier, header) is None
        assert identity.asked.total() == asked

    async def test_an_outage_of_the_key_server_takes_it_from_no_one(
        self, identity, verifier_of, header, clock
    ):
        verifier = verifier_of(CLOSED)
        assert await verdict(verifier, header) is None
        identity.fail(CHANNEL_METADATA)
        for _ in range(3):
            clock.advance(days=2)
            assert await verdict(verifier, header) is None


async def test_a_key_that_cannot_be_looked_up_is_no_fault_of_the_tokens(identity, verifier_of, mint, clock):
    """Strangers have used up the look-ups, just as the channel begins to sign with another key."""
    verifier = verifier_of(CLOSED)
    assert await verdict(verifier, f"Bearer {mint.channel()}") is None
    made_up = [f"Bearer {mint.sign(mint.channel_claims(), signer='stranger', kid=f'{n}')}" for n in range(5)]
    assert [await verdict(verifier, header) for header in made_up] == [Unauthorized] * 4 + [
        IdentityUnavailable
    ]
    identity.keys["/channel/keys"] = [public_jwk("new", endorsements=["msteams"])]
    header = f"Bearer {mint.sign(mint.channel_claims(), signer='new')}"
    with pytest.raises(IdentityUnavailable) as caught:
        await verifier.verify([header], channel_id="msteams", service_url=SERVICE_URL)
    clock.now += caught.value.retry_after
    assert await verdict(verifier, header) is None


@pytest.mark.parametrize("endorsements", [{}, {"endorsements": []}, {"endorsements": "msteams"}])
async def test_a_key_that_endorses_no_channel_is_good_for_none(identity, verifier_of, mint, endorsements):
    identity.keys["/channel/keys"] = [public_jwk("channel", **endorsements)]
    assert await verdict(verifier_of(CLOSED), f"Bearer {mint.channel()}") is Forbidden


async def test_a_key_of_one_tenant_signs_for_no_other(identity, verifier_of, mint):
    """The document for all tenants also lists keys of single ones."""
    identity.keys["/directory/keys"] = [public_jwk("directory", issuer=issuer_v2(STRANGER))]
    assert await verdict(verifier_of(IN_DEVELOPMENT), f"Bearer {mint.emulator()}") is Unauthorized
    identity.keys["/directory/keys"] = [public_jwk("directory", issuer=issuer_v2(BOT_FRAMEWORK_TENANT))]
    assert await verdict(verifier_of(IN_DEVELOPMENT), f"Bearer {mint.emulator('1.0')}") is None


async def test_only_a_channel_s_token_vouches_for_a_service_url(verifier_of, mint):
    async def claims(bot: Bot, token: str) -> dict[str, Any]:
        identity = await verifier_of(bot).verify(
            [f"Bearer {token}"], channel_id="msteams", service_url=SERVICE_URL
        )
        return identity.claims

    assert (await claims(CLOSED, mint.channel()))["serviceurl"] == SERVICE_URL
    assert "serviceurl" not in await claims(
        WITH_JOB_SYSTEM, mint.application(JOB_SYSTEM, serviceurl=SERVICE_URL)
    )


async def test_no_reason_tells_the_token(verifier_of, mint):
    token = mint.channel(aud=STRANGER)
    with pytest.raises(Unauthorized) as caught:
        await verifier_of(CLOSED).verify([f"Bearer {token}"], channel_id="msteams", service_url=SERVICE_URL)
    assert token not in caught.value.reason
    assert STRANGER not in caught.value.reason
