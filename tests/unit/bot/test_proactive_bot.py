"""What the bot does for each command."""

import re
from datetime import UTC, datetime

import pytest
from botbuilder.schema import ActivityTypes, ChannelAccount, Entity

from bot.replies import help_texts
from bot.replies.words import ENGLISH
from jobs.job import JOB_ID_LIMIT
from tests.unit.bot.stage import BOT, Said


def short(number: int) -> str:
    return str(number)[-4:]


NOON = datetime(2024, 2, 29, 12, tzinfo=UTC)

ANN, BEN = ChannelAccount(id="ann", name="Ann"), ChannelAccount(id="ben", name="Ben")


@pytest.mark.parametrize("text", ["run", "run job", " RUN ", "Run\tJOB", "run\n\njob"])
async def test_run_starts_a_job_and_says_its_number(stage, text):
    before = datetime.now(UTC)
    [answer] = await stage.say(text)
    match = re.fullmatch(
        r"We're starting job (\d+) for you\. We'll notify you when it's complete\.", answer.text
    )
    report = await stage.store.find(int(match[1]))
    assert report.job.created_at >= before
    assert report.job.title is None
    assert report.job.id < JOB_ID_LIMIT


async def test_the_words_after_run_are_the_jobs_title(stage):
    number = await stage.started(title="the  Night\nshift")
    assert (await stage.store.find(number)).job.title == "the Night shift"
    [listing], [report] = await stage.say("show"), await stage.say(f"show {number}")
    assert f"- {short(number)}: the Night shift (running, " in listing.text
    assert f"Job {number}: the Night shift" in report.text
    *_, notice = await stage.say(f"done {number}")
    assert notice.text == f"Job {number} is complete: the Night shift"


@pytest.mark.parametrize("text", ["show", "Show  Jobs", " SHOW\n"])
async def test_show_lists_jobs_newest_first_with_their_state(stage, text):
    old, new = await stage.started("first|livechat"), await stage.started("0123456789abcdef|livechat")
    await stage.say(f"done {old}")
    [listing] = await stage.say(text)
    when = r", user, \w{3} \d{1,2} \d\d:\d\d"
    lines = [
        rf"- {short(new)} \(running{when}\)",
        rf"- {short(old)} \(complete{when}\)",
        "",
        r"2 jobs in the log\. Times are UTC\.",
    ]
    assert re.fullmatch("\n".join(lines), listing.text)


async def test_an_empty_log_is_said_to_be_empty(stage):
    assert await stage.say("show") == [Said("here", "The job log is empty.")]
    assert await stage.say("show more") == [Said("here", "The job log is empty.")]


async def test_show_with_a_number_tells_that_job_and_its_notice(stage):
    number = await stage.started("there")
    [running] = await stage.say(f"show {number}")
    assert re.fullmatch(
        rf"Job {number}\n\nStarted \w{{3}} \d{{1,2}}, \d{{4}} \d\d:\d\d UTC by user\.\n\nIt is running\.",
        running.text,
    )
    await stage.say(f"done {number}")
    [completed] = await stage.say(f"SHOW   {number} ")
    assert re.search(
        r"\n\nCompleted \w{3} \d{1,2}, \d{4} [:0-9]+ UTC\.\n\nIts notice was sent\.$", completed.text
    )


async def test_done_completes_a_job_and_tells_the_conversation_that_asked(stage):
    number = await stage.started("there")
    assert await stage.say(f"Done {number}") == [
        Said("here", f"Completing job {number}."),
        Said("there", f"Job {number} is complete."),
    ]
    assert (await stage.store.find(number)).job.finished_at is not None


async def test_in_the_conversation_that_asked_the_notice_comes_after_the_answer(stage):
    number = await stage.started()
    assert await stage.say(f"done {number}") == [
        Said("here", f"Completing job {number}."),
        Said("here", f"Job {number} is complete."),
    ]


async def test_a_completed_job_is_not_completed_again(stage):
    number = await stage.started()
    await stage.say(f"done {number}")
    assert await stage.say(f"done {number}") == [Said("here", f"Job {number} is already complete.")]


@pytest.mark.parametrize("number", [1, JOB_ID_LIMIT - 1, 2**63, 10**39])
@pytest.mark.parametrize("verb", ["done", "show"])
async def test_a_number_that_no_job_has_is_said_to_be_unknown(stage, verb, number):
    assert await stage.say(f"{verb} {number}") == [Said("here", f"The log does not contain a job {number}.")]


@pytest.mark.parametrize("text", ["done", "done x", "done -1", "done 0", "done 1.5", "done 1 2"])
async def test_done_asks_for_a_usable_number(stage, text):
    assert await stage.say(text) == [Said("here", 'Enter the job ID number after "done".')]


@pytest.mark.parametrize("text", ["", None, "  ", "help", "hello", "Hi!", "thanks a lot"])
async def test_what_asks_for_nothing_is_answered_with_help(stage, text):
    assert await stage.say(text) == [Said("here", help_texts.help_text(ENGLISH))]


async def test_the_bots_own_mention_is_no_part_of_what_is_said(stage):
    mention = Entity.deserialize({"type": "mention", "mentioned": {"id": BOT.id}, "text": "<at>Bot</at>"})
    [answer] = await stage.say("<at>Bot</at> run", entities=[mention])
    assert answer.text.startswith("We're starting job")


async def test_new_members_are_welcomed_by_name_but_not_the_bot(stage):
    said = await stage.act(ActivityTypes.conversation_update, members_added=[ANN, BOT, BEN])
    assert [each.text.partition("!")[0] for each in said] == ["Welcome, Ann", "Welcome, Ben"]
    assert all(each.text.endswith(help_texts.help_text(ENGLISH)) for each in said)


async def test_many_new_members_are_welcomed_together(stage):
    crowd = [ChannelAccount(id=f"id-{n}", name=f"Name {n}") for n in range(30)]
    [said] = await stage.act(ActivityTypes.conversation_update, members_added=[*crowd, None])
    assert said.text.startswith("Welcome, Name 0, Name 1, ")
    assert "Name 19, 10 others!" in said.text


async def test_a_member_without_a_name_is_welcomed_by_none(stage):
    [said] = await stage.act(ActivityTypes.conversation_update, members_added=[ChannelAccount(id="x")])
    assert said.text.startswith("Welcome! ")


async def test_a_member_is_welcomed_once_in_each_conversation(stage):
    joins = {"members_added": [ANN]}
    assert len(await stage.act(ActivityTypes.conversation_update, "a", **joins)) == 1
    assert await stage.act(ActivityTypes.conversation_update, "a", **joins) == []
    assert len(await stage.act(ActivityTypes.conversation_update, "b", **joins)) == 1


async def test_who_left_is_welcome_again(stage):
    await stage.act(ActivityTypes.conversation_update, members_added=[ANN])
    assert await stage.act(ActivityTypes.conversation_update, members_removed=[ANN]) == []
    assert len(await stage.act(ActivityTypes.conversation_update, members_added=[ANN])) == 1


@pytest.mark.parametrize("name", ["jobComplete", "jobCompleted"])
@pytest.mark.parametrize("value", [int, str, lambda n: {"jobId": n}, lambda n: {"jobId": str(n)}])
async def test_a_job_systems_event_completes_a_job_once(stage, name, value):
    number = await stage.started("there")
    event = {"name": name, "value": value(number)}
    assert await stage.act(ActivityTypes.event, **event) == [Said("there", f"Job {number} is complete.")]
    assert await stage.act(ActivityTypes.event, **event) == []


@pytest.mark.parametrize("value", [1, None, "", "x", -1, True, 1.5, [], {}, {"jobId": None}, {"id": 1}])
async def test_an_event_that_completes_nothing_is_logged(stage, caplog, value):
    number = await stage.started()
    assert await stage.act(ActivityTypes.event, name="jobComplete", value=value) == []
    assert (await stage.store.find(number)).job.finished_at is None
    [record] = caplog.records
    assert record.getMessage().startswith("Ignored a jobComplete event")


@pytest.mark.parametrize(
    "kind, fields",
    [
        (ActivityTypes.event, {"name": "other"}),
        (ActivityTypes.event, {}),
        (ActivityTypes.typing, {}),
        (ActivityTypes.message_reaction, {}),
        (ActivityTypes.end_of_conversation, {}),
        (ActivityTypes.contact_relation_update, {"action": "add"}),
        (ActivityTypes.installation_update, {"action": "add"}),
        (ActivityTypes.installation_update, {"action": "remove"}),
        (ActivityTypes.message_update, {"text": "run"}),
        (ActivityTypes.message_delete, {}),
        (ActivityTypes.conversation_update, {}),
        ("of our own making", {"text": "run"}),
    ],
)
async def test_other_activities_are_accepted_and_nothing_is_said(stage, kind, fields):
    assert await stage.act(kind, **fields) == []


async def test_an_activity_that_is_sent_again_changes_nothing_and_is_answered_alike(stage):
    again = {"id": "r", "timestamp": NOON}
    [first], [second] = [await stage.say("run", **again) for _ in range(2)]
    assert first == second
    number = int(re.search(r"\d+", first.text)[0])
    assert len(await stage.say(f"done {number}", "b", id="d")) == 2
    assert await stage.say(f"done {number}", "b", id="d") == [Said("b", f"Completing job {number}.")]


async def test_two_runs_get_two_numbers_however_close(stage):
    numbers = [await stage.started() for _ in range(100)]
    assert numbers == sorted(set(numbers))


async def test_what_people_write_does_not_break_the_list(stage):
    await stage.started(title="a | b\n<script> `c` [d](http://e)")
    [listing] = await stage.say("show")
    assert len(listing.text.splitlines()) == 3
    assert "<script>" not in listing.text
