"""The whole path with authentication on: authentication, permissions, and the bot's own token."""

import asyncio
from typing import ClassVar

import pytest

from tests.fakes.fake_connector import FakeConnector
from tests.fakes.fake_identity import CHANNEL_METADATA, MANAGED_IDENTITY, TOKEN
from tests.fakes.listings import numbers_in
from tests.fakes.token_mint import APP_ID, GOVERNMENT_ISSUER, STRANGER, TENANT, issuer_v2
from tests.integration.identity.conversations import CONTOSO, EMPTY, FABRIKAM, in_teams, start, unknown


@pytest.mark.parametrize(
    "changes, claims",
    [
        ({"MicrosoftAppType": "MultiTenant"}, {}),
        ({"MicrosoftAppType": "SingleTenant", "MicrosoftAppTenantId": TENANT}, {}),
        ({"ChannelService": "https://botframework.azure.us"}, {"iss": GOVERNMENT_ISSUER}),
        ({"MicrosoftAppType": "UserAssignedMSI", "MicrosoftAppTenantId": TENANT}, {}),
    ],
    ids=["MultiTenant", "SingleTenant", "US government", "UserAssignedMSI"],
)
async def test_replies_and_notices_carry_the_bots_token(
    guarded, connector, identity, monkeypatch, changes, claims
):
    monkeypatch.setenv("IDENTITY_ENDPOINT", identity.url(MANAGED_IDENTITY))
    monkeypatch.setenv("IDENTITY_HEADER", "x")
    async with guarded(**changes) as bot:
        chat = bot.chat(bot.mint.channel(serviceurl=connector.service_url, **claims))
        number = await start(chat)
        assert (await bot.job_system().post(type="event", name="jobComplete", value=number)).status == 200
        assert (await chat.heard()).text == f"Job {number} is complete."
    signatures = [arrival.headers["Authorization"] for arrival in connector.arrivals]
    assert signatures == ["Bearer token-1"] * 2
    [form] = identity.forms
    domain = "us" if "ChannelService" in changes else "com"
    assert form["client_id"] == APP_ID
    assert (form.get("scope") or form["resource"]).startswith(f"https://api.botframework.{domain}")


@pytest.mark.parametrize(
    "token, status",
    [
        (lambda m, url: None, 401),
        (lambda m, url: "x", 401),
        (lambda m, url: m.channel(serviceurl=url, aud=STRANGER), 401),
        (lambda m, url: m.channel(serviceurl=url, exp=None), 401),
        (lambda m, url: m.channel(serviceurl=url, iss=GOVERNMENT_ISSUER), 401),
        (lambda m, url: m.emulator(aud="https://api.botframework.com"), 401),
        (lambda m, url: m.emulator(iss=issuer_v2(TENANT)), 401),
        (lambda m, url: m.channel(), 403),
        (lambda m, url: m.application(STRANGER), 403),
    ],
    ids=["none", "no token", "aud", "exp", "issuer", "outbound", "tenant", "serviceurl", "bot"],
)
async def test_who_is_not_let_in_changes_nothing_and_is_not_told_why(
    guarded, connector, caplog, token, status
):
    async with guarded() as bot:
        chat = bot.chat(token(bot.mint, connector.service_url))
        refused = await chat.post(type="message", text="run")
        assert refused.status == status
        assert (refused.headers.get("WWW-Authenticate") == "Bearer") == (status == 401)
        problem = await refused.json(content_type="application/problem+json")
        assert problem["detail"] in (
            "A valid bearer token is needed.",
            "The token does not cover this request.",
        )
        assert connector.arrivals == []
        assert "Refused an activity from 127.0.0.1: " in caplog.text
        assert await bot.user().say("show") == EMPTY


async def test_a_request_without_a_token_is_logged_with_what_to_do(guarded, caplog):
    """A developer who sets an app id and uses the Emulator as before only sees a 401."""
    async with guarded() as bot:
        answer = await bot.chat(None, "a").post(type="message", text="run")
        assert answer.status == 401
    [said] = [record.getMessage() for record in caplog.records if "Refused" in record.getMessage()]
    for what in ("no Authorization header", "Emulator", "app id and password", "JOB_SYSTEM_APP_IDS"):
        assert what in said
    assert "JOB_SYSTEM_APP_IDS" not in await answer.text()


async def test_without_emulator_and_job_system_no_application_is_known(guarded, identity):
    async with guarded(JOB_SYSTEM_APP_IDS="", EMULATOR_TOKENS=False) as bot:
        for token in (bot.mint.emulator(), bot.mint.application(STRANGER)):
            assert (await bot.chat(token).post(type="message", text="run")).status == 401
    assert not identity.asked


async def test_who_is_not_let_in_takes_no_place(guarded, identity):
    """Otherwise any caller could block a conversation by naming it."""
    released = identity.hang(CHANNEL_METADATA)
    async with guarded(MAX_TURNS_PER_CONVERSATION=1) as bot:
        strangers = [
            asyncio.create_task(bot.chat(bot.mint.channel(aud=STRANGER)).post(type="message", text="run"))
            for _ in range(3)
        ]
        await identity.arrived.wait()
        user = asyncio.create_task(bot.user().post(type="message", text="run"))
        await asyncio.sleep(0)
        released.set()
        assert [answer.status for answer in await asyncio.gather(*strangers)] == [401] * 3
        assert (await user).status == 200


async def test_a_token_is_for_the_channels_that_its_key_endorses(guarded):
    async with guarded() as bot:
        assert (await bot.user(channelId="slack").post(type="message", text="run")).status == 403


async def test_a_key_server_that_is_down_is_no_fault_of_the_callers(guarded, identity):
    identity.fail(CHANNEL_METADATA)
    async with guarded() as bot:
        answer = await bot.user().post(type="message", text="run")
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0


async def test_a_refused_secret_is_our_fault_and_the_log_names_the_setting(
    guarded, connector, identity, caplog
):
    refusal = {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret."}
    identity.tokens = [refusal]
    async with guarded() as bot:
        answer = await bot.user().post(type="message", text="run")
    assert answer.status == 200  # The job runs, and its number is owed.
    assert identity.asked[TOKEN] >= 1
    assert connector.arrivals == []
    assert "check MicrosoftAppPassword" in caplog.text
    assert not [record for record in caplog.records if record.exc_info]  # It would be one for each message.


BESIDE_US = {"SERVICE_URL_HOSTS": "", "EMULATOR_TOKENS": True}  # No setting allows to send to this machine.


class TestEmulator:
    """With the bot's password one may chat through the Emulator, if the developer enabled that."""

    @pytest.mark.parametrize("changes", [{}, {"SERVICE_URL_HOSTS": "http://127.0.0.1"}], ids=["", "hosts"])
    async def test_it_is_let_in_only_where_that_is_asked_for(self, guarded, connector, changes):
        """`HOST` alone does not tell: a proxy, a tunnel or gunicorn may stand in front of it."""
        async with guarded(**{**BESIDE_US, "EMULATOR_TOKENS": False, **changes}) as bot:
            chat = bot.chat(bot.mint.emulator(), channelId="emulator")
            assert (await chat.post(type="message", text="show")).status == 403
            assert connector.arrivals == []

    async def test_it_is_answered_on_this_machine(self, guarded):
        async with guarded(**BESIDE_US) as bot:
            assert await bot.chat(bot.mint.emulator(), channelId="emulator").say("show") == EMPTY

    async def test_nobody_else_is(self, guarded):
        async with guarded(**BESIDE_US) as bot:
            for chat in (bot.user(), bot.job_system()):
                assert (await chat.post(type="message", text="show")).status == 403

    async def test_it_names_no_other_machine_than_the_known_ones(self, guarded):
        async with guarded(**BESIDE_US) as bot:
            chat = bot.chat(bot.mint.emulator(), channelId="emulator", serviceUrl="http://10.0.0.1")
            assert (await chat.post(type="message", text="show")).status == 403

    async def test_where_others_reach_the_bot_it_is_neither_let_in_nor_answered_beside_us(self, guarded):
        public = {**BESIDE_US, "HOST": "0.0.0.0"}  # noqa: S104
        for changes in (public, {**public, "EMULATOR_TOKENS": False}):
            async with guarded(**changes) as bot:
                chat = bot.chat(bot.mint.emulator(), channelId="emulator")
                assert (await chat.post(type="message", text="show")).status == 403


class TestCompletionEvents:
    @pytest.mark.parametrize("name", ["jobComplete", "jobCompleted"])
    async def test_a_job_system_completes_jobs_by_its_own_token(self, guarded, name):
        async with guarded() as bot:
            user = bot.user()
            number = await start(user)
            assert (await bot.job_system().post(type="event", name=name, value=int(number))).status == 200
            assert (await user.heard()).text == f"Job {number} is complete."

    async def test_a_users_event_counts_only_from_a_channel_that_is_named(self, guarded, caplog):
        async with guarded(JOB_SYSTEM_CHANNELS="directline") as bot:
            user = bot.user()
            number = await start(user)
            event = {"type": "event", "name": "jobComplete", "value": int(number)}
            assert (await user.post(**event)).status == 200
            assert "its sender is not the job system" in caplog.text
            assert "It is running." in await user.say(f"show {number}")
            assert (await bot.user("jobs", channelId="directline").post(**event)).status == 200
            assert (await user.heard()).text == f"Job {number} is complete."

    async def test_who_may_not_report_does_not_learn_which_jobs_there_are(self, guarded):
        async with guarded() as bot:
            user = bot.user()
            receipts = [
                await (await user.post(type="event", name="jobComplete", value=value)).json()
                for value in (int(await start(user)), 5, "no number")
            ]
        detail = "This caller may not report on jobs; nothing was changed."
        assert receipts == [{"result": "not accepted", "detail": detail}] * 3

    async def test_the_emulator_is_no_job_system(self, guarded):
        async with guarded(EMULATOR_TOKENS=True) as bot:
            user = bot.user()
            number = await start(user)
            emulator = bot.chat(bot.mint.emulator(), "e", channelId="emulator")
            event = {"type": "event", "name": "jobComplete", "value": number}
            assert (await emulator.post(**event)).status == 200
            assert (await emulator.post(**event, channelId="webchat")).status == 403
            assert "It is running." in await user.say(f"show {number}")

    async def test_a_job_system_neither_moves_nor_silences_a_conversation(self, guarded, connector):
        async with guarded() as bot, FakeConnector() as elsewhere:
            user = bot.user()
            number = await start(user)
            posing = bot.job_system(channelId="webchat", conversation={"id": "a"}, recipient={"id": "bot-1"})
            for activity in (
                {"type": "installationUpdate", "action": "remove"},
                {"type": "conversationUpdate", "membersRemoved": [{"id": "bot-1"}]},
                {"type": "typing", "serviceUrl": elsewhere.service_url},
                {"type": "message", "text": "run", "serviceUrl": elsewhere.service_url},
            ):
                assert (await posing.post(**activity)).status == 403
            event = {"type": "event", "name": "jobComplete", "value": number}
            assert (await posing.post(**event, serviceUrl=elsewhere.service_url)).status == 200
            assert (await user.heard()).text == f"Job {number} is complete."
            assert numbers_in(await user.say("show"), [number]) == [number]
            assert elsewhere.arrivals == []


class TestDone:
    async def test_only_who_started_it_or_its_conversation_completes_a_job(self, guarded):
        async with guarded() as bot:
            owner = bot.user(**in_teams("a", CONTOSO))
            number = await start(owner)
            colleague = {"from": {"id": "29:colleague", "name": "Kim"}}
            refused = await bot.user("b", **in_teams("b", CONTOSO), **colleague).say(f"done {number}")
            only = "only by who started it, or in the conversation that started it."
            assert refused == f"Job {number} can be completed or cancelled {only}"
            second = await start(owner)
            assert await owner.say(f"done {number}", **colleague) == f"Completing job {number}."
            elsewhere = bot.user("b", **in_teams("b", CONTOSO))
            assert await elsewhere.say(f"done {second}") == f"Completing job {second}."

    async def test_anyone_of_its_tenant_does_where_that_is_allowed(self, guarded):
        async with guarded(SIMULATED_COMPLETION="anyone") as bot:
            number = await start(bot.user(**in_teams("a", CONTOSO)))
            stranger = bot.user("b", **in_teams("b", FABRIKAM))
            assert await stranger.say(f"done {number}") == unknown(number)
            colleague = bot.user("c", **in_teams("c", CONTOSO))
            assert await colleague.say(f"done {number}") == f"Completing job {number}."

    async def test_nobody_does_where_it_is_off(self, guarded):
        async with guarded(SIMULATED_COMPLETION="off") as bot:
            user = bot.user()
            number = await start(user)
            assert await user.say(f"done {number}") == "Here jobs are completed by the job system alone."
            assert "It is running." in await user.say(f"show {number}")


class TestTenants:
    async def test_jobs_are_seen_within_their_tenant(self, guarded):
        teams = {"channelId": "msteams"}
        async with guarded() as bot:
            number = await start(bot.user(channelData={"tenant": {"id": CONTOSO}}, **teams))
            colleague = bot.user("b", **in_teams("b", CONTOSO))
            stranger = bot.user("c", channelData={"tenant": {"id": FABRIKAM}}, **teams)
            assert numbers_in(await colleague.say("show"), [number]) == [number]
            assert await stranger.say("show") == EMPTY
            assert await stranger.say(f"show {number}") == unknown(number)

    async def test_a_job_that_no_chat_started_is_seen_by_the_bots_own_tenant(self, guarded):
        """It is told to those who watch it, like any other."""
        token = "a-token-of-the-api-that-nobody-guesses"  # noqa: S105
        async with guarded(MicrosoftAppTenantId=CONTOSO.upper(), JOB_API_TOKENS=token) as bot:
            number = await bot.create_job(token, title="nightly")
            colleague = bot.user("a", **in_teams("a", CONTOSO))
            stranger = bot.user("b", **in_teams("b", FABRIKAM))
            assert numbers_in(await colleague.say("show"), [number]) == [number]
            assert await stranger.say("show") == EMPTY
            assert await stranger.say(f"watch {number}") == unknown(number)
            assert "I will tell you here" in await colleague.say("watch nightly")

    async def test_without_a_tenant_they_are_seen_in_their_conversation_alone(self, guarded):
        async with guarded() as bot:
            number = await start(bot.user("a"))
            assert numbers_in(await bot.user("a").say("show"), [number]) == [number]
            assert await bot.user("b").say("show") == EMPTY
            assert await bot.user("b").say(f"show {number}") == unknown(number)

    async def test_nobody_says_which_tenant_they_are_of_where_that_is_the_users_word(self, guarded):
        """Direct Line forwards what its clients send."""
        async with guarded() as bot:
            number = await start(bot.user(**in_teams("a", CONTOSO)))
            for where, words in (
                ("b", {"channelData": {"tenant": {"id": CONTOSO}}}),
                ("c", {"conversation": {"id": "c", "tenantId": CONTOSO}}),
                ("d", {"conversation": {"id": "d", "tenantID": CONTOSO}}),
            ):
                forger = bot.user(where, channelId="directline", **words)
                assert await forger.say("show") == EMPTY
                assert await forger.say(f"show {number}") == unknown(number)

    @pytest.mark.parametrize("channel", ["directline", "msteams"])
    async def test_a_tenant_that_is_named_like_a_conversation_opens_none(self, guarded, channel):
        async with guarded(SIMULATED_COMPLETION="anyone") as bot:
            number = await start(bot.user("victim"))
            for where, words in (
                ("b", {"channelData": {"tenant": {"id": "webchat/victim"}}}),
                ("c", {"conversation": {"id": "c", "tenantId": "webchat/victim"}}),
                ("d", {"conversation": {"id": "d", "tenantID": "webchat/victim"}}),
            ):
                forger = bot.user(where, channelId=channel, **words)
                assert await forger.say("show") == EMPTY
                assert await forger.say(f"show {number}") == unknown(number)
                assert await forger.say(f"done {number}") == unknown(number)


class TestTitles:
    """Who reads what a job is about. Personal chats of Teams are those whose ids name no thread."""

    COLLEAGUE: ClassVar = {"from": {"id": "29:colleague", "name": "Kim"}}

    async def test_of_a_job_asked_for_in_a_personal_chat_others_see_number_and_state(self, guarded):
        async with guarded() as bot:
            owner = bot.user("a:1", **in_teams("a:1", CONTOSO))
            number = await start(owner, text="run salaries")
            colleague = bot.user("a:2", **in_teams("a:2", CONTOSO), **self.COLLEAGUE)
            for text in ("show", "show all", "show running", f"show {number}"):
                said = await colleague.say(text)
                assert str(number)[-4:] in said
                assert "salaries" not in said
                assert "Alex" not in said
                assert "salaries" in await owner.say(text)

    async def test_who_asked_sees_it_elsewhere_too(self, guarded):
        async with guarded() as bot:
            await start(bot.user("a:1", **in_teams("a:1", CONTOSO)), text="run salaries")
            elsewhere = bot.user("a:2", **in_teams("a:2", CONTOSO))
            assert ": salaries (running, Alex" in await elsewhere.say("show")

    async def test_what_was_asked_for_in_a_group_is_seen_by_its_tenant(self, guarded):
        async with guarded() as bot:
            group = bot.user("19:1@thread.v2", **in_teams("19:1@thread.v2", CONTOSO))
            await start(group, text="run tests")
            colleague = bot.user("a:2", **in_teams("a:2", CONTOSO), **self.COLLEAGUE)
            assert ": tests (running, Alex" in await colleague.say("show")


async def test_a_channel_names_the_service_url_of_its_token_and_the_emulator_need_not(guarded):
    """Who expects all replies in the response needs no address; a channel's token is for one all the same."""
    expecting = {"type": "message", "text": "show", "deliveryMode": "expectReplies", "serviceUrl": None}
    async with guarded(EMULATOR_TOKENS=True) as bot:
        assert (await bot.user().post(**expecting)).status == 403
        answer = await bot.chat(bot.mint.emulator(), channelId="emulator").post(**expecting)
        assert [each["text"] for each in (await answer.json())["activities"]] == [EMPTY]
