"""Hostile and odd requests against the real process; `python -m tests.fuzz` sends many more."""

import pytest

from tests.fuzz.campaign import run_campaign


@pytest.mark.slow
@pytest.mark.parametrize("authentication", [False, True])
def test_nothing_that_comes_from_outside_breaks_anything(installation, tmp_path, authentication):
    """No 500, nothing of our insides, no change by who is refused, and a good request is answered after."""
    statuses, _ = run_campaign(
        installation, tmp_path, authentication=authentication, requests=300, repeatable=True
    )
    assert {200, 400, 415} < set(statuses)
