"""What a turn is counted as, by the error that it raised."""

import asyncio
from datetime import timedelta

import pytest

from bot.apology import ReplyNotTaken
from channel.outbound_tokens import CredentialRefused
from delivery.errors import CircuitOpen
from state.errors import StoreUnavailable
from state.store.postgres.database import Refused
from web.intake.turn_meter import outcome_of


@pytest.mark.parametrize(
    "error, outcome",
    [
        (StoreUnavailable("down"), "store_unavailable"),
        (Refused("a NUL"), "store_unavailable"),
        (CredentialRefused("MicrosoftAppPassword", "AADSTS7000215"), "no_token"),
        (CircuitOpen("left alone", timedelta(seconds=1)), "circuit_open"),
        (ReplyNotTaken("503"), "not_answered"),
        (asyncio.CancelledError(), "abandoned"),
        (ZeroDivisionError(), "failed"),
    ],
)
def test_an_error_has_its_outcome(error, outcome):
    assert outcome_of(type(error)) == outcome


def test_without_an_error_it_went_well():
    assert outcome_of(None) == "ok"
