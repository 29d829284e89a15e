"""Finished notices on the wire."""

import asyncio
from dataclasses import replace

import pytest

from app import BOT
from jobs.job import JobId
from jobs.notice import NoticeKind
from jobs.transitions import ReportKind
from tests.fakes.chat import Chat
from tests.fakes.fake_connector import Answer, FakeConnector


@pytest.fixture
def config(config):
    return config.model_copy(update={"retry_base": 0.01})


async def test_a_notice_answers_no_activity(chat, started):
    """Web Chat holds back a message that answers an activity which it does not know."""
    a = chat("a")
    number = await started(a)
    await chat("b").say(f"done {number}")
    notice = await a.heard()
    assert notice.reply_to_id is None
    assert "replyToId" not in notice.activity
    assert notice.activity["type"] == "message"
    assert notice.activity["from"] == a.bot
    assert notice.activity["recipient"] == a.user


async def test_in_its_own_conversation_a_notice_waits_for_the_answer(chat, connector, started):
    a, b = chat("a"), chat("b")
    of_a, of_b = await started(a), await started(b)
    answered = asyncio.Event()
    connector.script("a", Answer(after=answered))
    turn = asyncio.create_task(a.post(type="message", text=f"done {of_a}"))
    assert (await a.heard()).text == f"Completing job {of_a}."
    await chat("c").say(f"done {of_b}")
    await b.heard()  # What was completed later elsewhere is told by now.
    assert len(connector.in_conversation("a")) == 2
    answered.set()
    await turn
    assert (await a.heard()).text == f"Job {of_a} is complete."


async def test_a_notice_goes_to_the_service_url_of_its_own_conversation(bot, chat, started):
    async with FakeConnector() as elsewhere:
        a = Chat(client=bot, connector=elsewhere, conversation_id="19:a/b c@thread.tacv2;messageid=1")
        number = await started(a)
        await chat("b").say(f"done {number}")
        assert (await a.heard()).text == f"Job {number} is complete."


async def test_a_failed_send_is_tried_again(chat, connector, started):
    a = chat("a")
    number = await started(a)
    connector.script("a", Answer.error(503, "ServiceUnavailable"), Answer())
    await chat("b").say(f"done {number}")
    attempts = [await a.heard(), await a.heard()]
    assert [attempt.text for attempt in attempts] == [f"Job {number} is complete."] * 2
    assert [attempt.answer.status for attempt in attempts] == [503, 201]


async def test_nothing_overtakes_a_notice_that_is_tried_again_it_goes_along(chat, connector, started):
    a, b = chat("a"), chat("b")
    first, second = await started(a), await started(a)
    connector.script("a", Answer(status=503), Answer(status=503))
    await b.say(f"done {first}")
    await a.heard()
    await b.say(f"done {second}")
    digest = f"2 jobs are complete:\n\n- {first}\n- {second}"
    await connector.until(lambda _: any(each.text == digest for each in connector.delivered), digest)
    assert f"Job {second} is complete." not in [each.text for each in connector.arrivals]


async def test_one_conversations_trouble_is_not_anothers(chat, connector, started):
    a, b = chat("a"), chat("b")
    of_a, of_b = await started(a), await started(b)
    connector.script("a", *[Answer(status=503)] * 100)
    await b.say(f"done {of_a}")
    await a.heard()
    await b.say(f"done {of_b}")
    assert (await b.heard()).text == f"Job {of_b} is complete."


INSIDE = '{"error": {"code": "BadSyntax", "message": "a secret of a service inside"}}'


async def test_what_became_of_a_notice_can_be_asked_but_not_what_a_remote_service_answered(
    chat, connector, started
):
    """A service URL may lead to a service that the one who asks could not ask by themselves."""
    a, b = chat("a"), chat("b")
    number = await started(a)
    assert "It is running." in await b.say(f"show {number}")
    connector.script("a", Answer(status=400, body=INSIDE))
    await b.say(f"done {number}")
    await a.heard()
    while "queued" in (report := await b.say(f"show {number}")):
        pass  # The answer is still on its way to the worker.
    assert report.endswith("Its notice failed after 1 attempt.")
    assert "secret" not in report


async def test_the_id_of_the_message_that_says_a_job_was_started_is_kept_with_the_job(bot, chat, started):
    """Where the answer to `run` is owed: later messages about the job may update that one."""
    a, jobs = chat("a"), bot.app[BOT].jobs
    number = JobId(int(await started(a)))
    assert await jobs.owe(number, NoticeKind.STARTED)
    told = await a.heard()
    assert told.text == f"We're starting job {number} for you. We'll notify you when it's complete."
    await bot.app[BOT].delivery.worker.idle()
    assert (await jobs.find(number)).job.message_id == f"sent-{told.number}"


async def test_an_owed_answer_is_a_message_of_its_own_and_comes_before_the_end(bot, chat, connector, started):
    a, jobs = chat("a"), bot.app[BOT].jobs
    number, other = [JobId(int(await started(a))) for _ in "12"]
    connector.script("a", Answer.error(503, "ServiceUnavailable"))
    await jobs.owe(number, NoticeKind.STARTED)
    for job_id, kind in ((number, ReportKind.FAILED), (other, ReportKind.SUCCEEDED)):
        await jobs.report(job_id, kind, source=None)
    texts = [(await a.heard()).text for _ in range(3)]
    assert (
        texts[0] == texts[1] == f"We're starting job {number} for you. We'll notify you when it's complete."
    )
    assert texts[2] == f"Job {number} failed.\n\nJob {other} is complete."


def in_a_group(chat, conversation_id="19:1@thread.tacv2;messageid=17", **fields):
    """A chat of several people in Teams, in a thread of a channel."""
    kind = {"id": conversation_id, "conversationType": "channel", "isGroup": True}
    mention = {"type": "mention", "mentioned": {"id": "bot-1", "name": "Bot"}, "text": "<at>Bot</at>"}
    said = {"conversation": kind, "entities": [mention], **fields}
    person = {"id": "29:ann", "name": "Ann <R&D>"}
    return chat(conversation_id, channel_id="msteams", user=person, fields=said)


async def test_in_a_group_of_teams_a_notice_mentions_who_asked_in_their_thread(chat, connector):
    group = in_a_group(chat)
    await group.post(type="message", text="<at>Bot</at> run nightly")
    number = (await group.heard()).cards[0]["body"][2]["facts"][0]["value"]
    await chat("jobs").post(type="event", name="jobComplete", value=number)
    notice = await group.heard()
    assert notice.conversation_id == "19:1@thread.tacv2;messageid=17"
    assert notice.text == f"<at>Ann &lt;R&amp;D&gt;</at> Job {number} is complete: nightly"
    [mention] = notice.activity["entities"]
    assert mention == {
        "type": "mention",
        "mentioned": {"id": "29:ann", "name": "Ann <R&D>"},
        "text": "<at>Ann &lt;R&amp;D&gt;</at>",
    }


async def test_of_several_people_each_who_asked_is_mentioned_once(chat, bot):
    ann = in_a_group(chat)
    bob = replace(ann, user={"id": "29:bob", "name": "Bob"})
    await ann.post(type="message", text="<at>Bot</at> mute 1h")
    await ann.heard()
    for person in (ann, bob, ann):
        await person.post(type="message", text="<at>Bot</at> run nightly")
        number = (await ann.heard()).cards[0]["body"][2]["facts"][0]["value"]
        await chat("jobs").post(type="event", name="jobComplete", value=number)
    await ann.post(type="message", text="<at>Bot</at> unmute")
    assert (await ann.heard()).text == "3 notices were held; here they come."
    told = await ann.heard()
    assert told.text.startswith("<at>Ann &lt;R&amp;D&gt;</at> <at>Bob</at> 3 jobs are complete:")
    assert [each["mentioned"]["id"] for each in told.activity["entities"]] == ["29:ann", "29:bob"]


async def test_where_one_person_reads_nobody_is_mentioned(chat, connector):
    personal = chat(
        "a:1", channel_id="msteams", fields={"conversation": {"id": "a:1", "conversationType": "personal"}}
    )
    await personal.post(type="message", text="run")
    number = (await personal.heard()).text.split("job ")[1].split(" ")[0]
    await chat("jobs").post(type="event", name="jobComplete", value=number)
    notice = await personal.heard()
    assert notice.text == f"Job {number} is complete."
    assert "entities" not in notice.activity
