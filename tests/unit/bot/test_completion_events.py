import pytest
from botbuilder.schema import Activity

from bot.completion_events import EVENT_NAMES, read_completed_job


def test_both_spellings_of_the_event_count():
    assert {"jobComplete", "jobCompleted"} == EVENT_NAMES


@pytest.mark.parametrize("value", [42, "42", " 42 ", "0042", 42.0, {"jobId": 42}, {"jobId": "42", "more": 1}])
def test_a_number_is_read_from_what_a_job_system_may_send(value):
    assert read_completed_job(Activity(value=value)) == 42


@pytest.mark.parametrize(
    "value", [None, "", "x", "-1", 0, -1, 1.5, True, [], [42], {}, {"jobId": None}, {"jobId": {"jobId": 1}}]
)
def test_anything_else_names_no_job(value):
    assert read_completed_job(Activity(value=value)) is None
