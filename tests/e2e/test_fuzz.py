"""Hostile and odd requests against the real process; `python -m tests.fuzz` sends many more."""

import pytest

from tests.fuzz import footprint, shape_campaign
from tests.fuzz.campaign import run_campaign
from tests.fuzz.strangers import BODIES, besiege


@pytest.mark.slow
@pytest.mark.parametrize("authentication", [False, True])
def test_nothing_that_comes_from_outside_breaks_anything(installation, tmp_path, authentication):
    """No 500, nothing of our insides, no change by who is refused, and a good request is answered after."""
    statuses, _ = run_campaign(
        installation, tmp_path, authentication=authentication, requests=300, repeatable=True
    )
    assert {200, 400, 415} < set(statuses)


@pytest.mark.slow
@pytest.mark.skipif(not footprint.AVAILABLE, reason="Linux alone tells what a process has used")
@pytest.mark.parametrize("authentication", [False, True])
async def test_no_shape_of_a_body_takes_much_time_or_memory(installation, tmp_path, authentication):
    """`make fuzz` prints the exact figures; a busy machine is allowed several times those."""
    measured = await shape_campaign.measure(
        installation, tmp_path, authentication=authentication, requests=60, seed=1
    )
    assert {200, 400} <= {each.status for each in measured}
    assert [each for each in measured if each.cost.loop_seconds > 4 * shape_campaign.LOOP_SECONDS] == []
    assert [each for each in measured if each.cost.bytes_above_idle > 2 * shape_campaign.BYTES] == []


@pytest.mark.slow
@pytest.mark.parametrize("body", ["gzip of 87,000 objects", "gzip of a text of escapes"])
async def test_strangers_who_send_the_worst_keep_no_one_from_being_served(installation, tmp_path, body):
    besieged = await besiege(installation, tmp_path, seconds=1, bodies={body: BODIES[body]})
    refused, waits, turns, _ = besieged[body]
    assert refused and waits and turns
