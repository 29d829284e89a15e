import json

import pytest
from botbuilder.schema import Activity
from hypothesis import given
from hypothesis import strategies as st

from bot.report_events import EVENT_KINDS, ReportEvent, read_report
from jobs.transitions import ReportKind


def read(value, name="jobComplete") -> ReportEvent:
    return read_report(Activity(name=name, value=value))


def test_each_event_says_how_the_job_stands():
    assert {
        "jobComplete": ReportKind.SUCCEEDED,
        "jobCompleted": ReportKind.SUCCEEDED,
        "jobFailed": ReportKind.FAILED,
        "jobCancelled": ReportKind.CANCELLED,
        "jobStarted": ReportKind.STARTED,
        "jobProgress": ReportKind.PROGRESS,
        "jobHeartbeat": ReportKind.HEARTBEAT,
    } == EVENT_KINDS


@pytest.mark.parametrize(
    "value",
    [42, "42", " 42 ", "0042", 42.0, {"jobId": 42}, {"jobId": "42"}, '{"jobId": 42}', ' {"jobId": "42"}'],
)
def test_a_number_is_read_from_what_a_job_system_may_send(value):
    assert read(value) == ReportEvent(ReportKind.SUCCEEDED, 42)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "x",
        "-1",
        0,
        -1,
        1.5,
        True,
        [],
        [42],
        {},
        {"jobId": None},
        {"jobId": {"jobId": 1}},
        "{",
        "{}",
    ],
)
def test_anything_else_names_no_job(value):
    assert read(value).job_id is None


def test_what_a_report_says_is_kept_also_what_nobody_reads():
    said = {
        "message": "3 of 5 tests failed",
        "progress": 0.5,
        "link": "https://ci.example/42",
        "durationSeconds": 12.5,
        "exitCode": 137,
        "logTail": "a\nb",
        "data": {"deep": [1]},
        "branch": "main",
    }
    event = read({"jobId": 42, **said}, "jobFailed")
    assert (event.kind, event.job_id, event.left_out) == (ReportKind.FAILED, 42, ())
    assert json.loads(event.content) == said


def test_an_odd_detail_is_left_out_and_the_end_counts():
    event = read({"jobId": 42, "message": 5, "progress": 7, "link": "ftp://x", "exitCode": 1})
    assert (event.job_id, json.loads(event.content)) == (42, {"exitCode": 1})
    assert sorted(event.left_out) == ["link", "message", "progress"]


def test_content_has_a_bound_and_what_is_largest_is_left_out():
    event = read({"jobId": 42, "message": "kept", "data": {"x": "y" * 20_000}})
    assert (json.loads(event.content), event.left_out) == ({"message": "kept"}, ("data",))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
names = st.sampled_from(
    ["message", "progress", "link", "durationSeconds", "exitCode", "logTail", "data", "x"]
)


@given(st.dictionaries(names | st.text(), json_values))
def test_no_value_makes_reading_raise(value):
    assert read({**value, "jobId": 42}).job_id == 42
