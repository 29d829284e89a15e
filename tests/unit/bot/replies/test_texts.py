from datetime import UTC, datetime, timedelta

import pytest

from bot.reading.commands import VERBS
from bot.replies import help_texts, notice_texts, texts
from bot.replies.words import ENGLISH
from delivery.digest import Digest
from jobs.job import JOB_ID_LIMIT, Job, JobReport, JobStatus, NoticeReport, NoticeStatus
from jobs.lane import LaneKey, lane_key
from jobs.listing import JobPage, Position, Section
from jobs.naming import shortest_suffixes
from jobs.notice import Notice, NoticeKind
from state.owed_replies import dump_reply

NOON = datetime(2024, 2, 29, 12, 0, 5, 678, tzinfo=UTC)
REMOTE = "Rejected (404 X): what a service inside the network answered"


def a_job(**fields) -> Job:
    return Job(
        **{
            "id": 42,
            "lane": lane_key("emulator", "0123456789|livechat"),
            "tenant": "",
            "title": None,
            "requested_by": "Ann",
            "requester_id": "29:ann",
            "status": JobStatus.RUNNING if fields.get("finished_at") is None else JobStatus.SUCCEEDED,
            "created_at": NOON,
            **fields,
        }
    )


def job_log(page: JobPage, here: LaneKey | None = None) -> str:
    return texts.job_log(ENGLISH, page, shortest_suffixes([job.id for job in page.jobs]), here)


def a_page(*jobs: Job, total: int, section: Section = Section.ALL, **fields) -> JobPage:
    place = Position(section, JOB_ID_LIMIT)
    return JobPage(
        **{
            "jobs": jobs,
            "total": total,
            "start": place,
            "end": place,
            "has_more": False,
            "bookmarked": False,
            **fields,
        }
    )


#: A page with jobs of this conversation and of another, with their names, and this conversation.
_PAGE = a_page(a_job(), a_job(id=41, lane=lane_key("emulator", "b")), total=1234, section=Section.HERE)
HERE_AND_THERE = (_PAGE, shortest_suffixes([job.id for job in _PAGE.jobs]), a_job().lane)


def test_help_names_each_command_in_a_paragraph_of_its_own_without_angle_brackets():
    named = [text.split("`")[1] for text in help_texts.help_text(ENGLISH).split("\n\n")]
    assert named == ["run", "show", "done", "cancel", "watch", "mute 2h", "help"]
    assert not set("<>") & set(help_texts.help_text(ENGLISH))


@pytest.mark.parametrize("verb", VERBS)
def test_help_says_more_about_each_command(verb):
    said = help_texts.help_text(ENGLISH, verb)
    assert f"`{verb}" in said
    assert said != help_texts.help_text(ENGLISH)


def test_a_name_cannot_pose_as_markup():
    assert texts.welcome(ENGLISH, ["<b>*Ann*</b>"]).startswith("Welcome, &lt;b&gt;\\*Ann\\*&lt;/b&gt;!")


@pytest.mark.parametrize("name", [None, ""])
def test_without_a_name_the_welcome_has_none(name):
    assert texts.welcome(ENGLISH, [name]).startswith("Welcome! ")


def owed(job_id, title=None, kind=NoticeKind.SUCCEEDED, body=None):
    return Notice(1, job_id, title, "t", "{}", NOON, kind, body)


@pytest.mark.parametrize(
    "digest, text",
    [
        (Digest((owed(42),)), "Job 42 is complete."),
        (Digest((owed(42, "a | b"),)), "Job 42 is complete: a \\| b"),
        (Digest((owed(42, "a_b"), owed(43))), "2 jobs are complete:\n\n- 42: a\\_b\n- 43"),
        (Digest((owed(42, "a", NoticeKind.FAILED),)), "Job 42 failed: a"),
        (Digest((owed(42, kind=NoticeKind.CANCELLED),)), "Job 42 was cancelled."),
        (
            Digest((owed(42, "a", NoticeKind.STARTED),)),
            "We're starting job 42: a. We'll notify you when it's complete.",
        ),
        (
            Digest((owed(41, kind=NoticeKind.REPLY, body=dump_reply("Completing job 41.", "{}")), owed(42))),
            "Completing job 41.\n\nJob 42 is complete.",
        ),
        (
            Digest((owed(42, kind=NoticeKind.STARTED),)),
            "We're starting job 42 for you. We'll notify you when it's complete.",
        ),
        (
            Digest((owed(42, kind=NoticeKind.FAILED), owed(43), owed(44, kind=NoticeKind.FAILED))),
            "2 jobs failed:\n\n- 42\n- 44\n\nJob 43 is complete.",
        ),
        (
            Digest((owed(42, "a", body='{"message": "fine"}'), owed(43, body='{"message": "x"}'))),
            "2 jobs are complete:\n\n- 42: a: fine\n- 43: x",
        ),
        (
            Digest((owed(42),), waited=True),
            "Job 42 is complete.\n\nThis waited while I could not reach you.",
        ),
    ],
)
def test_notices_carry_each_jobs_number_and_title_and_say_if_they_waited(digest, text):
    assert notice_texts.notices(ENGLISH, digest) == text


@pytest.mark.parametrize(
    "kind, text",
    [
        (NoticeKind.NOT_BEGUN, "Job 42 has not begun within 10 min: a_b"),
        (NoticeKind.NOT_HEARD_OF, "Nothing was heard of job 42 for 10 min: a_b"),
        (NoticeKind.NOT_ENDED, "Job 42 has not ended within 10 min: a_b"),
    ],
)
def test_each_deadline_is_told_in_its_own_words(kind, text):
    overdue = owed(42, "a_b", kind, '{"within": 600.0}')
    said = f"{text.replace('_', chr(92) + '_')}\n\nYou will be told when it ends."
    assert notice_texts.notices(ENGLISH, Digest((overdue,))) == said
    assert notice_texts.notices(ENGLISH, Digest((overdue, overdue))) == f"{said}\n\n{said}"


@pytest.mark.parametrize("late, said", [(0, ""), (2_520, "\n\n42 min late."), (-60, "")])
def test_an_end_that_is_late_says_how_late(late, said):
    notice = owed(42)._replace(finish_by=NOON - timedelta(seconds=late))
    assert notice_texts.notices(ENGLISH, Digest((notice,))) == f"Job 42 is complete.{said}"


def test_the_log_says_what_each_job_is_about_how_it_stands_who_asked_and_when():
    ended = a_job(id=41, title="t|" + "x" * 50, requested_by="Bartholomew the Second", finished_at=NOON)
    listing = job_log(a_page(a_job(requested_by=None), ended, total=2))
    title = "t\\|" + "x" * 37 + "…"
    assert listing.splitlines()[:2] == [
        "- 42 (running, Feb 29 12:00)",
        f"- 41: {title} (complete, Bartholomew the Sec…, Feb 29 12:00)",
    ]


def test_an_address_that_is_cut_is_no_link_even_in_its_own_conversation():
    job = a_job(title="see https://a.example/a/path/that/is/longer/still")
    assert "`https://a.example/a/path/that/is/lo…`" in job_log(a_page(job, total=1), job.lane)


def test_the_jobs_of_this_conversation_stand_apart():
    page = a_page(a_job(), a_job(id=41, lane=lane_key("emulator", "b")), total=2, section=Section.HERE)
    parts = job_log(page, a_job().lane).split("\n\n")
    assert (parts[0], parts[2]) == ("**In this conversation**", "**In other conversations**")
    assert ("- 42 " in parts[1], "- 41 " in parts[3]) == (True, True)


def test_a_list_of_running_jobs_says_so():
    assert job_log(a_page(total=0, section=Section.RUNNING)) == "No job is running."
    page = a_page(a_job(), total=1, section=Section.RUNNING)
    assert job_log(page).endswith("1 job running. Times are UTC.")


@pytest.mark.parametrize(
    "total, has_more, footer",
    [
        (1, False, "1 job in the log. Times are UTC."),
        (2, False, "2 jobs in the log. Times are UTC."),
        (1234, True, "1,234 jobs in the log. Times are UTC. Type `show more` to see older ones."),
    ],
)
def test_the_log_says_how_many_jobs_there_are_and_how_to_see_more(total, has_more, footer):
    assert job_log(a_page(a_job(), total=total, has_more=has_more)).endswith(f"\n\n{footer}")


def test_the_log_says_that_more_jobs_were_not_counted():
    page = a_page(a_job(), total=1000, has_more=True, beyond_total=True)
    said = "More than 1,000 jobs in the log. Times are UTC. Type `show more` to see older ones."
    assert job_log(page).endswith(f"\n\n{said}")


def test_past_its_end_the_log_is_not_said_to_be_empty():
    assert job_log(a_page(total=45)) == "There are no older jobs. Type `show` to see the newest."
    assert job_log(a_page(total=0)) == texts.empty_log(ENGLISH)


def test_a_running_job_is_reported_with_who_asked_for_it_and_when():
    assert texts.job_report(ENGLISH, JobReport(job=a_job(title="x*"), notice=None)).split("\n\n") == [
        "Job 42: x\\*",
        "Started Feb 29, 2024 12:00 UTC by Ann.",
        "It is running.",
    ]


@pytest.mark.parametrize(
    "status, said",
    [(JobStatus.FAILED, "Failed Feb 29, 2024"), (JobStatus.CANCELLED, "Cancelled Feb 29, 2024")],
)
def test_an_ended_job_is_reported_with_how_it_ended(status, said):
    job = a_job(status=status, finished_at=NOON)
    assert said in texts.job_report(ENGLISH, JobReport(job=job, notice=None))
    assert f"({status.value}, Ann," in job_log(a_page(job, total=1))


def test_nobody_is_named_where_the_channel_named_nobody():
    report = texts.job_report(ENGLISH, JobReport(job=a_job(requested_by=None), notice=None))
    assert "Started Feb 29, 2024 12:00 UTC.\n" in report


@pytest.mark.parametrize(
    "notice, said",
    [
        (NoticeReport(status=NoticeStatus.SENT), "Its notice was sent."),
        (NoticeReport(status=NoticeStatus.QUEUED), "Its notice is queued."),
        (
            NoticeReport(status=NoticeStatus.QUEUED, retry_at=NOON, attempts=1, last_error=REMOTE),
            "Its notice waits until Feb 29, 2024 12:00 UTC to be tried again.",
        ),
        (
            NoticeReport(status=NoticeStatus.QUEUED, retry_at=NOON),
            "Its notice is held until Feb 29, 2024 12:00 UTC.",
        ),
        (
            NoticeReport(status=NoticeStatus.PARKED, last_error=REMOTE),
            "Its notice is kept until the conversation that asked is heard from again.",
        ),
        (
            NoticeReport(status=NoticeStatus.FAILED, attempts=1, last_error=REMOTE),
            "Its notice failed after 1 attempt.",
        ),
        (NoticeReport(status=NoticeStatus.FAILED, attempts=3), "Its notice failed after 3 attempts."),
    ],
)
def test_what_became_of_a_notice_is_said_in_words_of_our_own(notice, said):
    job = a_job(finished_at=NOON + timedelta(hours=1))
    assert texts.job_report(ENGLISH, JobReport(job=job, notice=notice)).split("\n\n")[2:] == [
        "Completed Feb 29, 2024 13:00 UTC.",
        said,
    ]


def test_a_name_is_no_longer_than_a_name():
    assert len(texts.welcome(ENGLISH, ["x" * 250_000])) < 1000


def test_a_link_in_a_title_is_one_only_in_the_conversation_that_asked():
    job = a_job(title="see https://a.example")
    for answer in (
        lambda here: job_log(a_page(job, total=1), here),
        lambda here: texts.job_report(ENGLISH, JobReport(job=job, notice=None), here),
    ):
        assert "see https://a.example" in answer(job.lane)
        assert "see `https://a.example`" in answer(lane_key("emulator", "elsewhere"))
        assert "see `https://a.example`" in answer(None)
    assert "see https://a.example" in notice_texts.notices(ENGLISH, Digest((owed(42, job.title),)))


def test_no_name_and_no_words_of_a_channel_become_a_link_anywhere():
    job = a_job(requested_by="evil.example", lane=lane_key("emulator", "evil.com"))
    report = JobReport(
        job=job, notice=NoticeReport(status=NoticeStatus.PARKED, last_error="http://b.example")
    )  # What a remote service answered is not said at all.
    said = [
        texts.welcome(ENGLISH, ["evil.example"]),
        texts.job_report(ENGLISH, report, job.lane),
        job_log(a_page(job, total=1), job.lane),
    ]
    assert "Welcome, `evil.example`!" in said[0]
    assert "by `evil.example`." in said[1]
    assert "b.example" not in said[1]
    assert "running, `evil.example`," in said[2]
