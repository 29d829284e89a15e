"""What people set: quiet hours by their own clocks, also on the days when those change."""

from datetime import UTC, datetime, time, timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.notice import NoticeKind
from jobs.preferences import (
    NO_PREFERENCES,
    Only,
    Preferences,
    QuietHours,
    dump_awake_until,
    dump_only,
    dump_quiet,
    load_preferences,
)

BERLIN = QuietHours(time(22), time(7), "Europe/Berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2026-06-01T19:59:59+00:00", None),
        ("2026-06-01T20:00:00+00:00", "2026-06-02T05:00:00+00:00"),
        ("2026-06-02T04:59:59+00:00", "2026-06-02T05:00:00+00:00"),
        ("2026-06-02T05:00:00+00:00", None),
        # Clocks go forward at 01:00 UTC, and back: the night has an hour less, and one more.
        ("2026-03-28T21:00:00+00:00", "2026-03-29T05:00:00+00:00"),
        ("2026-10-24T20:00:00+00:00", "2026-10-25T06:00:00+00:00"),
        ("2026-10-25T05:30:00+00:00", "2026-10-25T06:00:00+00:00"),
        ("2026-10-25T20:59:00+00:00", None),
    ],
)
def test_quiet_hours_follow_the_clocks_of_their_zone(now, end):
    assert BERLIN.end_of(at(now)) == (end and at(end))


def test_hours_that_do_not_exist_on_a_day_are_those_after_them():
    # In Berlin 02:00 to 03:00 does not exist on 2026-03-29.
    lost = QuietHours(time(2, 15), time(2, 45), "Europe/Berlin")
    assert lost.end_of(at("2026-03-29T01:20:00+00:00")) == at("2026-03-29T01:45:00+00:00")


def test_a_zone_that_is_not_known_here_is_utc():
    assert QuietHours(time(1), time(2), "Mars/Olympus").end_of(at("2026-01-01T01:30:00Z")) is not None


@given(st.times(), st.times(), st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)))
def test_an_end_is_ahead_and_not_quiet_itself(begin, end, now):
    hours, now = QuietHours(begin, end, "Europe/Berlin"), now.replace(tzinfo=UTC)
    until = hours.end_of(now)
    if until is not None and begin != end:
        assert now < until <= now + timedelta(hours=25)
        assert hours.end_of(until) is None or begin == end


def test_what_is_stored_is_loaded_again():
    passing = QuietHours(time(22, 30), time(7), "Europe/Berlin", lets_trouble_through=True)
    stored = dump_quiet(passing) | dump_only(Only.CHANGES) | dump_awake_until(at("2026-01-01T00:00:00Z"))

    assert load_preferences(orjson.dumps(stored).decode()) == Preferences(
        quiet=passing, only=Only.CHANGES, awake_until=at("2026-01-01T00:00:00Z")
    )


def test_what_a_newer_version_stored_is_left_out():
    assert load_preferences('{"only": "on tuesdays", "colour": "blue"}') == NO_PREFERENCES
    assert load_preferences(None) == NO_PREFERENCES


def test_answers_are_never_held_and_failures_only_if_they_are_to_be():
    now = at("2026-06-01T21:00:00Z")
    strict, lenient = (
        Preferences(quiet=QuietHours(time(22), time(7), "Europe/Berlin", lets)) for lets in (False, True)
    )
    assert strict.hold(now).passes == {NoticeKind.STARTED, NoticeKind.REPLY}
    assert {NoticeKind.FAILED, NoticeKind.NOT_HEARD_OF, NoticeKind.WATCHED_FAILURE} < lenient.hold(now).passes
    assert NoticeKind.SUCCEEDED not in lenient.hold(now).passes


def test_who_ended_the_quiet_hours_early_has_peace_from_them_until_they_are_over():
    early = Preferences(quiet=BERLIN, awake_until=at("2026-06-02T05:00:00Z"))
    assert early.hold(at("2026-06-01T23:00:00Z")) is None
    assert early.hold(at("2026-06-02T23:00:00Z")) is not None
