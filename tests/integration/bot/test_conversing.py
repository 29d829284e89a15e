"""Turns over HTTP: many at once, repeated ones, long logs, and the protocol's less common ways."""

import asyncio
import re

from bot.replies import texts
from bot.replies.words import ENGLISH
from tests.fakes.listings import numbers_in, short_numbers_in


async def test_a_thousand_runs_at_once_are_a_thousand_jobs_and_answers(chat, connector):
    chats = [chat(f"conversation {n}") for n in range(200)]
    at_once = asyncio.Semaphore(64)

    async def run(n: int) -> int:
        async with at_once:
            return (await chats[n % 200].post(type="message", text="run")).status

    statuses = await asyncio.gather(*(run(n) for n in range(1000)))
    assert set(statuses) == {200}
    answers = [arrival.text for arrival in connector.delivered]
    assert len(answers) == 1000
    assert len({re.search(r"starting job (\d+)", answer)[1] for answer in answers}) == 1000
    assert "1,000 jobs in the log." in await chat("b").say("show")


async def test_one_activity_sent_many_times_at_once_starts_one_job(chat, connector):
    a = chat("a")
    await asyncio.gather(*(a.post(type="message", text="run", id="once") for _ in range(20)))
    assert len({arrival.text for arrival in connector.delivered}) == 1
    assert "1 job in the log." in await chat("b").say("show")


async def test_an_activity_id_is_its_conversations_own(chat):
    assert await chat("a").say("run", id="1") != await chat("b").say("run", id="1")
    assert await chat("a").say("run", id="2") != await chat("a", channel_id="webchat").say("run", id="2")


async def test_a_done_sent_again_is_answered_alike_and_notifies_once(chat, connector, started):
    a, b = chat("a"), chat("b")
    number = await started(a)
    assert await b.say(f"done {number}", id="d") == f"Completing job {number}."
    await a.heard()
    assert await b.say(f"done {number}", id="d") == f"Completing job {number}."
    assert await b.say(f"done {number}", id="e") == f"Job {number} is already complete."
    assert len(connector.in_conversation("a")) == 2


async def test_a_welcome_is_said_once(chat, connector):
    a = chat("a")
    joins = {"type": "conversationUpdate", "membersAdded": [{"id": "u1", "name": "Ann"}, a.bot]}
    await a.post(**joins)
    await a.post(**joins)
    await a.post(**joins, id="x")
    assert [arrival.text for arrival in connector.delivered] == [texts.welcome(ENGLISH, ["Ann"])]
    await a.post(type="conversationUpdate", membersRemoved=[{"id": "u1"}])
    await a.post(**joins)
    assert len(connector.delivered) == 2


async def test_a_long_log_is_read_page_by_page_newest_first(chat, started):
    a = chat("a")
    newest_first = [await started(a) for _ in range(45)][::-1]

    first, second, third, fourth, again = [
        await a.say(text) for text in ("show", "show more", "show more", "show more", "show")
    ]

    assert numbers_in(first, newest_first) == newest_first[:20]
    assert numbers_in(second, newest_first) == newest_first[20:40]
    assert numbers_in(third, newest_first) == newest_first[40:]
    assert "`show more`" in first
    assert "`show more`" in second
    assert "`show more`" not in third
    assert all("45 jobs in the log." in page for page in (first, second, third))
    assert fourth == "There are no older jobs. Type `show` to see the newest."
    assert again == first
    assert numbers_in(await a.say("show more"), newest_first) == newest_first[20:40]


async def test_a_show_more_sent_again_shows_the_same_page(chat, started):
    a = chat("a")
    jobs = [await started(a) for _ in range(65)]
    await a.say("show")
    for page in ("second", "third"):
        shown = await a.say("show more", id=page)
        await started(a)  # What comes in meanwhile shifts nothing.
        assert numbers_in(await a.say("show more", id=page), jobs) == numbers_in(shown, jobs)
    assert len(short_numbers_in(await a.say("show more"))) == 5


async def test_each_conversation_reads_the_log_at_its_own_pace(chat, started):
    a, b = chat("a"), chat("b")
    newest_first = [await started(a) for _ in range(25)][::-1]
    await a.say("show more")
    assert numbers_in(await b.say("show"), newest_first) == newest_first[:20]
    assert numbers_in(await b.say("show more"), newest_first) == newest_first[20:]


async def test_a_caller_that_expects_replies_finds_them_in_the_response(chat, connector):
    response = await chat("a").post(type="message", text="run", deliveryMode="expectReplies")
    assert response.status == 200
    [answer] = (await response.json())["activities"]
    assert answer["text"].startswith("We're starting job ")
    assert connector.arrivals == []


async def test_an_invoke_that_is_none_of_ours_is_refused(chat, connector):
    for name in ("composeExtension/query", "adaptiveCard/action"):
        response = await chat("a").post(type="invoke", name=name, value={"some": "thing"})
        assert response.status == 501
    assert connector.arrivals == []


async def test_a_button_that_comes_as_an_invoke_is_answered_in_the_response(chat):
    value = {"action": {"type": "Action.Execute", "verb": "say", "data": {"command": "run nightly"}}}
    response = await chat("a").post(type="invoke", name="adaptiveCard/action", value=value)
    said = await response.json()
    assert (said["statusCode"], said["type"]) == (200, "application/vnd.microsoft.activity.message")
    assert "nightly" in said["value"]
    assert "nightly" in await chat("a").say("show")


async def test_a_job_of_a_caller_that_names_no_service_url_is_told_once_one_is_known(chat, connector):
    a = chat("a")
    answer = await a.post(type="message", text="run", deliveryMode="expectReplies", serviceUrl=None)
    [started] = (await answer.json())["activities"]
    number = re.search(r"\d{16}", started["text"])[0]
    assert (await chat("b").say(f"done {number}")) == f"Completing job {number}."
    while "Its notice is kept" not in await chat("b").say(f"show {number}"):
        pass  # The attempt is on its way.
    await a.post(type="message", text="help")
    await connector.until(
        lambda _: any(each.text.startswith(f"Job {number} is complete") for each in connector.delivered)
    )


async def test_an_address_that_is_known_is_not_forgotten_by_a_request_that_names_none(chat, connector):
    a = chat("a")
    await a.say("show")
    await a.post(type="message", text="run", deliveryMode="expectReplies", serviceUrl=None)
    await a.say("run again")
    answer = await a.post(type="message", text="run", deliveryMode="expectReplies", serviceUrl=None)
    number = re.search(r"\d{16}", (await answer.json())["activities"][0]["text"])[0]
    await chat("b").say(f"done {number}")
    assert (await a.heard()).text == f"Job {number} is complete."


async def test_ids_that_begin_again_start_new_jobs_and_a_repeat_does_not(chat):
    """A console client, or a script, counts from 1 each time."""
    a = chat("a")
    first = await a.say("run alpha", id="1")
    assert await a.say("run alpha", id="1") == first
    assert await a.say("run beta", id="1") != first
    assert await a.say("run alpha", id="1", timestamp="2024-03-01T12:00:00Z") != first
    assert await a.say("run alpha", id="1", timestamp=None) != await a.say(
        "run alpha", id="1", timestamp=None
    )


async def test_the_views_of_the_job_log_follow_each_other(chat):
    a, b = chat("a"), chat("b")
    ours, theirs = await a.say("run ours"), await b.say("run theirs")
    numbers = [re.search(r"\d{16}", said)[0] for said in (ours, theirs)]
    here = await a.say("show")
    assert numbers_in(here, numbers) == numbers
    assert "In this conversation" in here
    assert numbers_in(await a.say("show all"), numbers) == numbers[::-1]
    await a.say(f"done {numbers[0]}")
    await a.heard()
    assert numbers_in(await a.say("show running"), numbers) == numbers[1:]
    assert await a.say("show more") == "There are no older jobs. Type `show` to see the newest."
