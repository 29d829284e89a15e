"""Quiet hours as people write them."""

from datetime import time

import pytest

from bot.commands import Only, Quiet
from bot.reading.commands import is_complete, read_command
from bot.reading.message import Message
from bot.reading.quiet import ends_quiet, read_quiet
from jobs.preferences import QuietHours

NIGHT = QuietHours(time(22), time(7), "Europe/Berlin")


@pytest.mark.parametrize(
    "said",
    [
        "22:00-07:00",
        "22-7",
        "from 22 to 7",
        "10 pm - 7 am",
        "22.00 \N{EN DASH} 7.00",
        "von 22 Uhr bis 7 Uhr",
        "22:00 until 7",
    ],
)
def test_hours_are_read_as_they_are_written(said):
    assert read_quiet(said, zone="Europe/Berlin") == NIGHT


def test_a_zone_may_follow_and_failures_may_be_let_through():
    tokyo = QuietHours(time(22), time(7), "Asia/Tokyo", lets_trouble_through=True)
    for said in ("22-7 Asia/Tokyo except failures", "22-7 except failures Asia/Tokyo"):
        assert read_quiet(said, zone="UTC") == tokyo
    assert read_quiet("22-7 außer Fehler", zone="UTC").lets_trouble_through


@pytest.mark.parametrize("said", ["", "at night", "22:00", "25-7", "22-7 Mars/Olympus", "7-7", "22-7 please"])
def test_what_names_no_hours_is_none(said):
    assert read_quiet(said, zone="UTC") is None


def test_quiet_hours_can_be_ended():
    assert ends_quiet("off") and ends_quiet("Aus") and not ends_quiet("22-7")


@pytest.mark.parametrize(
    ("said", "complete"),
    [
        ("quiet 22-7", True),
        ("quiet off", True),
        ("quiet please", False),
        ("only failures", True),
        ("only me", False),
    ],
)
def test_in_a_group_only_what_nobody_would_write_by_chance_is_a_command(said, complete):
    command = read_command(Message(said))
    assert isinstance(command, Quiet | Only) and is_complete(command) is complete


def test_names_of_zones_keep_their_capitals():
    assert read_command(Message("Quiet 22:00-07:00 Europe/Berlin.")) == Quiet("22:00-07:00 Europe/Berlin")
