"""Instants: the shortcut and msrest must agree on every text that the shortcut takes."""

from datetime import UTC, datetime, timedelta, timezone

import isodate
import pytest
from hypothesis import given, settings
from msrest import Deserializer, Serializer
from msrest.exceptions import DeserializationError, SerializationError

from tests.unit.wire.schema_documents import INSTANTS, TIMESTAMPS
from wire.timestamp import format_timestamp, parse_timestamp


@settings(max_examples=500)
@given(TIMESTAMPS)
def test_a_timestamp_is_read_as_msrest_reads_it_or_refused_alike(text):
    try:
        expected = Deserializer.deserialize_iso(text)
    except DeserializationError:
        with pytest.raises(DeserializationError):
            parse_timestamp(text)
    else:
        assert parse_timestamp(text).isoformat() == expected.isoformat()


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-21T20:47:51.742Z", datetime(2026, 11, 21, 20, 47, 51, 742000, UTC)),
        ("2016-09-23T13:07:49.4714686-07:00", datetime(2016, 9, 23, 20, 7, 49, 471468, UTC)),
        ("2026-11-21T20:47:51.9999999+05:30", datetime(2026, 11, 21, 15, 17, 51, 999999, UTC)),
        ("2026-11-21T20:47:51", datetime(2026, 11, 21, 20, 47, 51)),
        ("2026-11-21t20:47:51z", datetime(2026, 11, 21, 20, 47, 51, 0, UTC)),
    ],
)
def test_what_channels_send_is_read(text, instant):
    assert parse_timestamp(text) == instant


@given(INSTANTS)
def test_an_instant_is_written_as_msrest_writes_it(instant):
    try:
        expected = Serializer.serialize_iso(instant)
    except SerializationError:  # Its offset leads out of the calendar.
        with pytest.raises(SerializationError):
            format_timestamp(instant)
    else:
        assert format_timestamp(instant) == expected


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, 0, UTC), "2026-01-02T03:04:05.000Z"),
        (datetime(2026, 1, 2, 3, 4, 5, 120, UTC), "2026-01-02T03:04:05.00012Z"),
        (datetime(2026, 1, 2, 3, 4, 5, 0, isodate.UTC), "2026-01-02T03:04:05.000Z"),
        (datetime(2026, 1, 2, 3, 4, 5, 0, timezone(timedelta(hours=-7))), "2026-01-02T10:04:05.000Z"),
        ("2026-01-02T03:04:05+01:00", "2026-01-02T02:04:05.000Z"),
    ],
)
def test_instants_are_written_in_utc_to_the_millisecond_at_least(instant, text):
    assert format_timestamp(instant) == text == Serializer.serialize_iso(instant)
