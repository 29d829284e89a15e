"""A short run of `python -m tests.faults kills`."""

import os

import pytest

from tests.fakes.fake_time import needs_fake_time
from tests.faults.kills import KillRun

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "replicas, clock_steps",
    [(1, False), (2, False), pytest.param(2, True, marks=needs_fake_time, id="2-while the clock is set")],
)
async def test_nothing_is_lost_or_told_out_of_order_however_often_processes_die(
    tmp_path, replicas, clock_steps
):
    url = os.environ.get("FAULTS_DATABASE_URL") or f"sqlite:///{tmp_path / 'jobs.sqlite3'}"
    run = KillRun(database_url=url, kills=4, replicas=replicas, seed=replicas, clock_steps=clock_steps)
    reckoning = await run.run()
    assert reckoning.completions > 0
    assert reckoning.kept, reckoning
