"""A short run of `python -m tests.faults job-system`."""

import pytest

from tests.faults.job_system import JobSystemRun

pytestmark = pytest.mark.slow


async def test_no_job_is_lost_however_often_the_bot_and_the_worker_die(tmp_path):
    url = f"sqlite:///{tmp_path / 'jobs.sqlite3'}"
    reckoning = await JobSystemRun(database_url=url, kills=6, down=3.0).run()
    assert reckoning.completions > 0
    assert reckoning.kept, reckoning
