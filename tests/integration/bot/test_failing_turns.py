"""What people read, and what the channel hears, when an answer is not taken."""

import asyncio
import random
import re
from collections import Counter

import pytest

from bot.replies import texts
from bot.replies.words import ENGLISH
from config import Config
from delivery.hosts.circuit_breaker import THRESHOLD
from tests.fakes.fake_connector import Answer
from tests.fakes.listings import numbers_in, short_numbers_in

REFUSALS = {
    "408": Answer.error(408, "Timeout"),
    "412": Answer.error(412, "PreconditionFailed"),
    "429": Answer.error(429, "Throttled", Retry_After="0.2"),
    "500": Answer.error(500, "ServiceError"),
    "502 of a gateway": Answer(status=502, body="<html>Bad Gateway</html>"),
    "403 of a gateway": Answer(status=403, body="<html>Forbidden</html>"),
    "cut off unread": Answer(reset="unread"),
    "cut off read": Answer(reset="read"),
}


@pytest.fixture
def config(tmp_path) -> Config:
    return Config(
        _env_file=None,
        DATABASE_URL=f"sqlite:///{tmp_path / 'jobs.sqlite3'}",
        PORT=0,
        RETRY_BASE_SECONDS=0.05,
        RETRY_CAP_SECONDS=0.2,
    )


@pytest.mark.parametrize("refusal", REFUSALS)
async def test_the_number_of_a_job_is_told_although_the_answer_was_refused(refusal, chat, connector):
    a = chat("a")
    connector.script("a", *[REFUSALS[refusal]] * 2)
    response = await a.post(type="message", text="run nightly")
    assert (response.status, await response.text()) == (200, "")
    said = re.compile(r"We're starting job (\d+): nightly\. We'll notify you when it's complete\.")
    await connector.until(lambda _: any(said.fullmatch(each.text) for each in connector.delivered))
    number = said.fullmatch(connector.delivered[-1].text)[1]
    assert texts.apology(ENGLISH) not in [each.text for each in connector.arrivals]
    listing = await chat("b").say("show")
    assert (numbers_in(listing, [number]), "1 job in the log" in listing) == ([number], True)


async def test_a_channel_that_asks_to_wait_is_left_alone_as_long(chat, connector):
    a = chat("a")
    connector.script("a", Answer.error(429, "Throttled", Retry_After="0.7"))
    await a.post(type="message", text="run")
    refused, told = await a.heard(), await a.heard()
    assert refused.text == told.text
    assert told.at - refused.at >= 0.7


async def test_what_is_owed_is_told_before_the_end_of_the_job(chat, connector):
    a, jobs = chat("a"), chat("jobs", channel_id="jobs")
    connector.script("a", *[Answer.error(503, "ServiceUnavailable")] * 3)
    await a.post(type="message", text="run")
    [short] = short_numbers_in(await chat("b").say("show"))
    [number] = re.findall(r"^Job (\d{16})", await chat("b").say(f"show {short}"))
    await jobs.post(type="event", name="jobComplete", value=number)
    await connector.until(lambda _: any("is complete" in each.text for each in connector.delivered))
    started = f"We're starting job {number} for you. We'll notify you when it's complete."
    told = "\n\n".join(each.text for each in connector.in_conversation("a") if each.answer.delivers)
    assert told == f"{started}\n\nJob {number} is complete."


async def test_who_completes_anothers_job_hears_of_it_in_their_own_conversation(chat, connector, started):
    a, b = chat("a"), chat("b")
    number = await started(a)
    connector.script("b", *[Answer.error(503, "ServiceUnavailable")] * 2)
    assert (await b.post(type="message", text=f"done {number}")).status == 200
    assert (await a.heard()).text == f"Job {number} is complete."
    said = f"Completing job {number}."
    await connector.until(lambda _: any(each.text == said for each in connector.delivered), said)
    assert connector.delivered[-1].conversation_id == "b"


async def test_a_done_that_was_not_answered_is_answered_by_the_notice(chat, connector, started):
    a = chat("a")
    number = await started(a)
    connector.script("a", Answer.error(503, "ServiceUnavailable"))
    assert (await a.post(type="message", text=f"done {number}")).status == 200
    told = f"Job {number} is complete."
    await connector.until(lambda _: any(each.text == told for each in connector.delivered), told)
    assert [each.text for each in connector.delivered][1:] == [told]


async def test_what_only_looks_something_up_is_tried_again(chat, connector):
    a = chat("a")
    connector.script("a", Answer.error(503, "ServiceUnavailable"))
    assert (await a.post(type="message", text="show")).status == 200
    await connector.until(lambda _: len(connector.delivered) == 1)
    assert connector.delivered[0].text == texts.empty_log(ENGLISH)


@pytest.mark.parametrize("text", ["show", "help", "done 5"])
async def test_an_answer_that_is_refused_for_good_is_not_asked_for_again(chat, connector, text):
    a = chat("a")
    connector.script("a", Answer.error(403, "BotDisabledByAdmin"))
    assert (await a.post(type="message", text=text)).status == 200
    assert await chat("b").say("show") == texts.empty_log(ENGLISH)
    assert len(connector.in_conversation("a")) == 1


async def test_what_a_blocked_person_decided_is_told_when_they_are_back(chat, connector):
    a = chat("a")
    connector.script("a", *[Answer.error(403, "ConversationBlockedByUser")] * 2)
    await a.post(type="message", text="run")
    await connector.until(lambda _: len(connector.arrivals) == 2)
    await a.post(type="message", text="help")
    await connector.until(lambda _: any("starting job" in each.text for each in connector.delivered))


async def test_a_welcome_that_nobody_got_is_said_at_the_next_occasion(chat, connector):
    a = chat("a")
    joins = {"type": "conversationUpdate", "membersAdded": [{"id": "u1", "name": "Ann"}], "id": "joined"}
    connector.script("a", Answer.error(403, "BotDisabledByAdmin"))
    assert [(await a.post(**joins)).status for _ in range(3)] == [200] * 3
    assert [each.text.partition("!")[0] for each in connector.delivered] == ["Welcome, Ann"]


async def test_a_channel_that_cannot_be_reached_leaves_no_traceback(chat, connector, caplog):
    a = chat("a")
    await connector.close()
    assert (await a.post(type="message", text="show")).status == 200
    assert not any(record.exc_info for record in caplog.records)
    await connector.open()
    await connector.until(lambda _: len(connector.delivered) == 1)
    assert connector.delivered[0].text == texts.empty_log(ENGLISH)


async def test_a_host_that_is_left_alone_is_told_what_was_decided_when_it_is_back(chat, connector):
    a = chat("a")
    await connector.close()
    for number in range(THRESHOLD + 1):
        answer = await chat(f"c{number}").post(type="message", text="show")
        assert answer.status == 200
    assert (await a.post(type="message", text="run")).status == 200
    await connector.open()
    await connector.until(
        lambda _: any("starting job" in each.text for each in connector.delivered), "the number"
    )


async def test_everybody_is_told_their_number_once_however_the_connector_behaves(chat, connector):
    """
    Five hundred jobs of a hundred people, and answers that are refused, late or cut off at random.

    Nobody is told that something went wrong, so nobody who follows the bot's words starts a job twice.
    """
    rng = random.Random(13)
    late: list[asyncio.Event] = []

    cut_off = set[str]()

    def rule(conversation, _activity):
        match rng.randrange(6):
            case 0:
                return Answer.error(503, "ServiceUnavailable")
            case 1:
                return Answer(status=502, body="<html>")
            case 2:
                late.append(asyncio.Event())
                asyncio.get_running_loop().call_later(rng.random() / 5, late[-1].set)
                return Answer(after=late[-1])
            case 3 if conversation not in cut_off:  # A second time is a matter of hours: it may have arrived.
                cut_off.add(conversation)
                return Answer(status=503, reset="read")
            case 3:
                return Answer.error(429, "Throttled", Retry_After="0.1")

    connector.rule = rule
    people = [chat(f"person-{number}", user={"id": f"user-{number}", "name": "Sam"}) for number in range(100)]

    async def use(person) -> None:
        for number in range(5):
            response = await person.post(type="message", text=f"run {person.conversation_id}-{number}")
            assert response.status == 200

    await asyncio.gather(*map(use, people))
    asked = {f"{person.conversation_id}-{number}" for person in people for number in range(5)}
    named = re.compile(r"(?:starting job|-) (\d+): (person-\d+-\d)")

    def told() -> Counter:
        return Counter(
            title.replace("\\", "") for each in connector.delivered for _, title in named.findall(each.text)
        )

    await connector.until(lambda _: len(told()) == len(asked), "every number")
    connector.rule = None
    assert told() == Counter(asked)
    assert len(cut_off) > 50
    assert not any(texts.apology(ENGLISH) in each.text for each in connector.arrivals)
    assert "500 jobs in the log." in await chat("other").say("show")
