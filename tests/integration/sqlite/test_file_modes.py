"""The job log contains users' names and titles: only the file's owner may read it."""

import os
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from state.store.sqlite.opening import open_sqlite
from tests.contract.asking import start

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")

LEASE = timedelta(seconds=30)


@pytest.fixture(autouse=True)
def nothing_is_masked() -> Iterator[None]:
    """A permissive umask, so that the bot itself must restrict the mode."""
    before = os.umask(0)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


async def test_a_new_job_log_and_the_files_beside_it_are_the_owners_alone(tmp_path, caplog):
    async with open_sqlite(str(tmp_path / "jobs"), lease=LEASE) as store:
        await start(store)
        assert modes(tmp_path) == {"jobs": 0o600, "jobs-wal": 0o600, "jobs-shm": 0o600}
    assert caplog.messages == []


async def test_a_job_log_that_everybody_may_read_stays_so_with_a_warning(tmp_path, caplog):
    """Another program may need to read it: an update must not change an intended mode."""
    path = tmp_path / "jobs"
    path.touch(0o644)
    async with open_sqlite(str(path), lease=LEASE) as store:
        await start(store)
        assert set(modes(tmp_path).values()) == {0o644}
    assert caplog.messages == [f"Every user of this machine can read the job log: chmod o= {path}*"]


async def test_a_job_log_shared_with_a_group_is_nothing_to_warn_of(tmp_path, caplog):
    path = tmp_path / "jobs"
    path.touch(0o660)
    async with open_sqlite(str(path), lease=LEASE):
        pass
    assert caplog.messages == []
