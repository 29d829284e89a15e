"""A short run of `python -m tests.faults kills`."""

import os

import pytest

from tests.faults.kills import KillRun

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("replicas", [1, 2])
async def test_nothing_is_lost_or_told_out_of_order_however_often_processes_die(tmp_path, replicas):
    url = os.environ.get("FAULTS_DATABASE_URL") or f"sqlite:///{tmp_path / 'jobs.sqlite3'}"
    run = KillRun(database_url=url, kills=4, replicas=replicas, seed=replicas)
    reckoning = await run.run()
    assert reckoning.completions > 0
    assert reckoning.kept, reckoning
