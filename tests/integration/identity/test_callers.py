"""Authenticated is not authorised: what a job system and the Emulator may not do with a valid token."""

import asyncio

import pytest

from tests.fakes.fake_connector import Answer, FakeConnector
from tests.integration.identity.conversations import CONTOSO, EMPTY, in_teams, start, unknown

TEAMS_POSE = {"channelId": "msteams", "conversation": {"id": "x", "tenantId": CONTOSO}}


class TestJobSystem:
    """It reports on jobs by their numbers. Its token says nothing of conversations, tenants or addresses."""

    @pytest.mark.parametrize(
        "activity",
        [
            {"type": "message", "text": "show"},
            {"type": "message", "text": "show", "deliveryMode": "expectReplies", **TEAMS_POSE},
            {"type": "message", "text": "run"},
            {"type": "message", "text": "done {number}"},
            {"type": "conversationUpdate", "membersAdded": [{"id": "x", "name": "Visit evil.example"}]},
            {"type": "conversationUpdate", "membersRemoved": [{"id": "user-1"}]},
            {"type": "installationUpdate", "action": "add"},
            {"type": "invoke", "name": "adaptiveCard/action"},
            {"type": "event", "name": "continueConversation"},
            {"type": "event", "name": ["jobComplete"]},
            {"type": "event"},
            {"type": "typing"},
        ],
        ids=lambda activity: " ".join(str(value) for value in list(activity.values())[:2]),
    )
    async def test_all_but_its_report_events_is_refused_before_a_turn_begins(
        self, guarded, connector, activity, caplog
    ):
        async with guarded() as bot:
            number = await start(bot.user(**in_teams("a", CONTOSO)))
            if "text" in activity:
                activity = {**activity, "text": activity["text"].format(number=number)}
            refused = await bot.job_system().post(**activity)
            assert refused.status == 403
            assert number not in await refused.text()
            assert "may send its report events and nothing else" in caplog.text
            assert "It is running." in await bot.user(**in_teams("a", CONTOSO)).say(f"show {number}")
        assert {arrival.conversation_id for arrival in connector.arrivals} == {"a"}

    async def test_an_event_that_expects_replies_gets_a_receipt_and_no_replies(self, guarded):
        async with guarded() as bot:
            number = await start(bot.user())
            answer = await bot.job_system().post(
                type="event", name="jobComplete", value=number, deliveryMode="expectReplies"
            )
            assert (answer.status, set(await answer.json())) == (200, {"result", "detail"})

    @pytest.mark.parametrize(
        "service_url", ["http://10.0.0.1", "https://evil.example/", "no address at all", "http://127.0.0.1:1"]
    )
    async def test_its_service_url_is_neither_checked_nor_used(self, guarded, connector, service_url):
        async with guarded(SERVICE_URL_HOSTS=connector.service_url) as bot:
            user = bot.user()
            number = await start(user)
            job_system = bot.job_system(channelId="webchat", conversation={"id": "a"})
            event = {"type": "event", "name": "jobComplete", "value": number, "serviceUrl": service_url}
            assert (await job_system.post(**event)).status == 200
            assert (await user.heard()).text == f"Job {number} is complete."

    async def test_it_uses_up_no_conversations_share_of_the_turns(self, guarded, connector):
        """A turn of the job system runs while the only place of the conversation that it names is taken."""
        reply_held = asyncio.Event()
        connector.script(None, Answer(after=reply_held))
        async with guarded(MAX_TURNS_PER_CONVERSATION=1) as bot:
            user = bot.user()
            held = asyncio.create_task(user.post(type="message", text="run"))
            await connector.next_in("a")
            posing = bot.job_system(channelId="webchat", conversation={"id": "a"})
            assert (await posing.post(type="event", name="jobComplete", value=1)).status == 200
            reply_held.set()
            assert (await held).status == 200


class TestEmulatorElsewhere:
    """The bot's password gives access only to the channel `emulator`, which has no tenants."""

    @pytest.mark.parametrize(
        "activity",
        [
            {"type": "message", "text": "show", "deliveryMode": "expectReplies"},
            {"type": "message", "text": "run"},
            {"type": "conversationUpdate", "membersRemoved": [{"id": "bot-1"}]},
            {"type": "typing"},
        ],
        ids=lambda activity: activity["type"],
    )
    async def test_it_neither_reads_nor_moves_nor_silences_a_conversation_of_another_channel(
        self, guarded, connector, activity
    ):
        async with guarded(EMULATOR_TOKENS=True) as bot, FakeConnector() as elsewhere:
            user = bot.user(**in_teams("a", CONTOSO))
            number = await start(user)
            posing = bot.chat(bot.mint.emulator(), serviceUrl=elsewhere.service_url, **in_teams("a", CONTOSO))
            refused = await posing.post(**activity)
            assert refused.status == 403
            assert number not in await refused.text()
            await bot.job_system().post(type="event", name="jobComplete", value=number)
            assert (await user.heard()).text == f"Job {number} is complete."
            assert elsewhere.arrivals == []

    async def test_on_its_own_channel_it_is_of_no_tenant(self, guarded):
        async with guarded(EMULATOR_TOKENS=True) as bot:
            number = await start(bot.user(**in_teams("a", CONTOSO)))
            posing = bot.chat(
                bot.mint.emulator(),
                "e",
                channelId="emulator",
                conversation={"id": "e", "tenantId": CONTOSO},
                channelData={"tenant": {"id": CONTOSO}},
            )
            assert await posing.say("show") == EMPTY
            assert await posing.say(f"show {number}") == unknown(number)
