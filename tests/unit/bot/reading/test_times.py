"""Times as people write them."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.reading.times import read_span, read_time, read_until

NOW = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    "said, span",
    [
        ("2h", timedelta(hours=2)),
        ("30 min", timedelta(minutes=30)),
        ("1 h 30 min", timedelta(hours=1, minutes=30)),
        ("1 day and 2 hours", timedelta(days=1, hours=2)),
        ("2 Stunden".lower(), timedelta(hours=2)),
        ("1w", timedelta(weeks=1)),
        ("0h", None),
        ("2", None),
        ("2 parsecs", None),
        ("", None),
    ],
)
def test_a_span_is_read(said, span):
    assert read_span(said) == span


@pytest.mark.parametrize(
    "said, of_day",
    [
        ("9:00", time(9)),
        ("17.30", time(17, 30)),
        ("9", time(9)),
        ("9 am", time(9)),
        ("12am", time(0)),
        ("12 pm", time(12)),
        ("9 uhr", time(9)),
        ("24:00", None),
        ("13 pm", None),
        ("9:61", None),
        ("nine", None),
    ],
)
def test_a_time_of_day_is_read(said, of_day):
    assert read_time(said) == of_day


@pytest.mark.parametrize(
    "said, until",
    [
        ("2h", NOW + timedelta(hours=2)),
        ("for 2h", NOW + timedelta(hours=2)),
        ("until 13:30", datetime(2026, 3, 28, 12, 30, tzinfo=UTC)),  # In Berlin it is 13:00.
        ("until 13:00", datetime(2026, 3, 29, 11, 0, tzinfo=UTC)),  # Tomorrow, and the clocks change tonight.
        ("tomorrow", datetime(2026, 3, 28, 23, 0, tzinfo=UTC)),
        ("until 2h", None),
        ("whenever", None),
        ("", None),
    ],
)
def test_until_when_is_the_next_such_time_where_the_person_is(said, until):
    assert read_until(said, now=NOW, zone=BERLIN) == until


@given(st.text(), st.datetimes(timezones=st.just(UTC), max_value=datetime(2100, 1, 1)))
def test_whatever_is_said_lies_ahead_or_is_no_time(said, now):
    until = read_until(said, now=now, zone=BERLIN)
    assert until is None or until > now


@given(
    st.times(),
    st.datetimes(timezones=st.just(UTC), min_value=datetime(1980, 1, 1), max_value=datetime(2100, 1, 1)),
)
def test_a_time_of_day_comes_within_a_day_and_an_hour(of_day, now):
    until = read_until(f"until {of_day:%H:%M}", now=now, zone=BERLIN)
    assert timedelta() < until - now <= timedelta(hours=25)
