"""Job numbers as people and job systems write them, lane keys, instants."""

import hashlib
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instants import instant, micros
from jobs.job import parse_job_id
from jobs.lane import channel_of, conversation_of, in_logs, lane_key, webhook_lane

text = st.text(st.characters(exclude_categories=["Cs"]))
keys = text | st.text("/%2F:@|a")


@given(st.integers(1, 10**39))
def test_a_job_number_is_read_from_integers_and_digits(number):
    assert parse_job_id(number) == parse_job_id(f" {number}\n") == number


@given(st.integers(1, 2**53))
def test_a_whole_float_is_the_integer_that_json_meant(number):
    assert parse_job_id(float(number)) == number


NUMBERLESS = [0, -1, 0.5, -2.0, float("nan"), float("inf"), True, False, None, b"1", [1], {"jobId": 1}]
DIGITLESS = [
    "",
    " ",
    "0",
    "-1",
    "+1",
    "1.0",
    "1e3",
    "0x1",
    "1_000",
    "1 2",
    "²",
    "job 1",
    "9" * 41,
    "9" * 9999,
]


@pytest.mark.parametrize("value", [*NUMBERLESS, *DIGITLESS])
def test_what_is_no_job_number_is_none(value):
    assert parse_job_id(value) is None


@given(st.tuples(keys, keys), st.tuples(keys, keys))
def test_different_conversations_never_share_a_lane(one, other):
    assert (lane_key(*one) == lane_key(*other)) == (one == other)


@given(keys, keys)
def test_a_lane_key_tells_its_channel_and_conversation(channel, conversation):
    lane = lane_key(channel, conversation)
    assert (channel_of(lane), conversation_of(lane)) == (channel, conversation)


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-11))])))
def test_an_instant_is_kept_to_the_microsecond(moment):
    assert instant(micros(moment)) == moment
    assert instant(micros(moment)).tzinfo is UTC


def test_a_naive_datetime_is_no_instant():
    with pytest.raises(TypeError):
        micros(datetime(2026, 1, 1))


def test_logs_name_a_conversation_by_its_channel_and_a_digest():
    lane = lane_key("msteams", "a:1-Zoë")
    assert in_logs(lane) == f"msteams/{hashlib.sha256('a:1-Zoë'.encode()).hexdigest()[:12]}"
    assert in_logs(webhook_lane("ci", 7)) == webhook_lane("ci", 7)
