"""The sentence that answers why a person was not told yet, and when next."""

from datetime import UTC, datetime, timedelta

import pytest

from jobs.attempts import SENT, Attempt
from jobs.history import JobHistory, LaneView
from jobs.job import Job, JobId, JobReport, JobStatus, NoticeReport, NoticeStatus
from jobs.lane import UNATTENDED, lane_key, webhook_lane
from jobs.notice import DeadLetter
from jobs.overview import Counts, Minute
from web.board.steps import steps_of
from web.board.why import are_told, span, why

NOW = datetime(2026, 11, 27, 12, 0, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LANE = lane_key("msteams", "19:x")
IDLE = LaneView(0, 1, NOW + MINUTE, False, 0, None, None, None, False, "https://channel.example/")


def history(notice=None, *, seq=1, ahead=0, lane=IDLE, dead=None, attempts=(), **job):
    fields = {"lane": LANE, "status": JobStatus.SUCCEEDED, "finished_at": NOW - MINUTE, **job}
    whole = Job(
        JobId(7),
        fields.pop("lane"),
        "t",
        "title",
        "Ann",
        "29:1",
        fields.pop("status"),
        NOW - 5 * MINUTE,
        **fields,
    )
    report = JobReport(job=whole, notice=None if notice is None else NoticeReport(status=notice))
    return JobHistory(report, seq, ahead, NOW - MINUTE, lane, dead, attempts, (), NOW)


def attempt(outcome="Unavailable", **fields):
    return Attempt(
        NOW - MINUTE,
        LANE,
        1,
        1,
        outcome,
        *(fields.get(name) for name in ("status", "code", "retry_after", "next_at")),
    )


QUEUED = NoticeStatus.QUEUED
DEAD = DeadLetter(
    lane=LANE,
    seq=1,
    job_id=JobId(7),
    title=None,
    created_at=NOW,
    dead_at=NOW,
    attempts=3,
    status=404,
    error="gone",
)


@pytest.mark.parametrize(
    ("of", "said"),
    [
        (history(status=JobStatus.RUNNING, seq=None), "Nobody is to be told yet: the job is running, since"),
        (
            history(status=JobStatus.QUEUED, seq=None, cancel_asked_at=NOW, cancel_asked_by="Bob"),
            "waits for its job system to begin, since 2026-11-27 11:55:00 UTC; Bob wanted it to be cancelled",
        ),
        (history(lane=None, seq=None), "no chat asked for this job"),
        (
            history(NoticeStatus.SENT),
            "People were told, at the first attempt. The job ended at 2026-11-27 11:59",
        ),
        (history(NoticeStatus.SENT, told_at=NOW), "People were told at 2026-11-27 12:00:00 UTC."),
        (
            history(NoticeStatus.SENT, attempts=[attempt(), attempt(), attempt(SENT)]),
            "People were told at 2026-11-27 11:59:00 UTC, after 2 attempts that failed.",
        ),
        (
            history(NoticeStatus.FAILED, dead=DEAD),
            "given up at 2026-11-27 12:00:00 UTC after 3 attempts, because of “gone”",
        ),
        (history(NoticeStatus.FAILED, seq=0), "an operator deleted the dead letter"),
        (
            history(NoticeStatus.PARKED, lane=IDLE._replace(parked_at=NOW, last_error="Blocked (403)")),
            "The channel said “Blocked (403)”. They are told when they write to the bot or install it again,"
            " and one attempt is made at 2026-11-27 12:01:00 UTC.",
        ),
        (
            history(QUEUED, lane=IDLE._replace(not_before=NOW + MINUTE)),
            "asked to hear nothing before 2026-11-27 12:01",
        ),
        (history(QUEUED, lane=IDLE._replace(held=True)), "have quiet hours until 2026-11-27 12:01:00 UTC"),
        (history(NoticeStatus.UNWANTED, seq=-1), "they chose not to hear of such ends"),
        (history(QUEUED, lane=IDLE._replace(leased=True)), "It is being sent now"),
        (
            history(QUEUED, lane=IDLE._replace(attempts=2, last_error="Unavailable (503)")),
            "2 attempts failed, the last with “Unavailable (503)”. The next attempt is at 2026-11-27 12:01:00"
            " UTC, in 1 min.",
        ),
        (history(QUEUED), "as many messages as its channel allows; it goes at 2026-11-27 12:01"),
        (history(QUEUED, lane=IDLE._replace(due_at=NOW - MINUTE)), "It is due since 2026-11-27 11:59"),
        (
            history(QUEUED, ahead=2),
            "2 notices of the conversation go first or with it.",
        ),
    ],
)
def test_each_case_has_its_sentence(of, said):
    assert said in why(of)


def test_a_service_that_fails_again_and_again_is_named():
    assert "nothing is sent to it for 20 s." in why(history(QUEUED), host_rests=timedelta(seconds=20))


@pytest.mark.parametrize("of", [history(QUEUED), history(status=JobStatus.RUNNING)])
def test_a_database_that_takes_no_writes_is_named_before_all_else(of):
    """What waits is due then, and no worker can claim it: "is one running?" sent operators the wrong way."""
    assert why(of, takes_writes=False).startswith("The database takes no writes now")


def test_what_is_told_stays_told_while_the_database_takes_no_writes():
    assert "takes no writes" not in why(history(NoticeStatus.SENT), takes_writes=False)


def test_a_job_system_that_takes_no_events_is_named():
    """The job "waits for its job system to begin", which has not heard of it."""
    failed = attempt(next_at=NOW + MINUTE)._replace(lane=webhook_lane("builds", JobId(7)))
    said = why(history(status=JobStatus.QUEUED, attempts=[failed]))
    assert "The job system builds does not take what it is to hear of it" in said
    assert said.endswith("“Unavailable”. The next attempt is at 2026-11-27 12:01:00 UTC.")
    heard = [failed, failed._replace(outcome=SENT)]
    assert "does not take" not in why(history(status=JobStatus.QUEUED, attempts=heard))


def test_a_job_that_no_chat_asked_for_has_nobody_to_tell():
    assert "Nobody is to be told: no chat" in why(
        history(QUEUED, lane=IDLE)._replace(
            report=JobReport(job=history().report.job._replace(lane=UNATTENDED), notice=None)
        )
    )


def test_steps_are_in_the_order_in_which_they_happened_and_what_is_next_comes_last():
    failed = attempt(status=503, code="Busy", retry_after=MINUTE, next_at=NOW + MINUTE)
    steps = steps_of(
        history(QUEUED, attempts=[failed], cancel_asked_at=NOW - 3 * MINUTE, cancel_asked_by="Bob")
    )
    assert [step.said for step in steps] == [
        "The job was asked for by Ann in a chat.",
        "Bob asked that it be cancelled.",
        "A report said: succeeded.",
        "People were not told: Unavailable (503 Busy); the answer asked to wait 1 min; next attempt at"
        " 2026-11-27 12:01:00 UTC.",
        "The next attempt.",
    ]


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.2, "1 s"), (59, "59 s"), (61, "1 min 1 s"), (3_600, "1 h"), (90_061, "1 d 1 h")]
)
def test_durations_have_two_units_at_most(seconds, said):
    assert span(timedelta(seconds=seconds)) == said


@pytest.mark.parametrize(
    ("counts", "minutes", "said"),
    [
        ({}, [], "Yes: nothing waits."),
        ({"waiting": 3}, [], "Yes: nothing is late."),
        ({"waiting": 3, "due_since": NOW - timedelta(seconds=5)}, [], "Yes: nothing is late."),
        (
            {"waiting": 3, "due_since": NOW - MINUTE},
            [],
            "Late: a notice is due since 2026-11-27 11:59:00 UTC",
        ),
        ({"waiting": 3, "tried_since": NOW - MINUTE}, [], "Yes: nothing is late."),
        (
            {"waiting": 3, "tried_since": NOW - 7 * MINUTE},
            [],
            "Late: a conversation could not be told since 2026-11-27 11:53:00 UTC, for 7 min.",
        ),
        (
            {"waiting": 3},
            [Minute(NOW - MINUTE, 1, 30)],
            "No: in the last minutes 30 attempts failed, and one",
        ),
        ({"waiting": 3}, [Minute(NOW - 9 * MINUTE, 0, 30)], "Yes: nothing is late."),
        ({"dead": 1}, [], "There are dead letters"),
    ],
)
def test_whether_people_are_told_is_one_sentence(counts, minutes, said):
    fields = {"jobs": 9, "running": 0, "waiting": 0, "parked": 0, "muted": 0, "dead": 0}
    fields |= {"due_since": None, "tried_since": None}
    assert said in are_told(Counts(**{**fields, **counts}, now=NOW), minutes)


def test_nobody_is_told_while_the_database_takes_no_writes():
    counts = Counts(0, 0, 0, 0, 0, 0, due_since=None, tried_since=None, now=NOW)
    assert are_told(counts, [], takes_writes=False).startswith("No. The database takes no writes")
