"""An activity that a channel sends again starts no second job: within two hours, whatever the clock does."""

from datetime import timedelta

import pytest

from jobs.lane import UNATTENDED
from state.store.once import LOOKED_AT, SLOT, once_key
from tests.contract.asking import A, B, start, start_job, total

SLOT_LASTS = timedelta(microseconds=SLOT)
LOOKED_BACK = (LOOKED_AT - 1) * SLOT_LASTS  #: Without the current slot.


@pytest.mark.parametrize("later", [timedelta(), timedelta(seconds=1), SLOT_LASTS, LOOKED_BACK])
async def test_an_activity_that_comes_again_starts_no_second_job(store, clock, later):
    job = await start(store, source_activity="activity")
    clock.now += later
    assert await start(store, source_activity="activity") == job


@pytest.mark.parametrize("earlier", [timedelta(minutes=11), timedelta(hours=3), timedelta(days=3)])
async def test_a_clock_that_is_set_back_forgets_nothing(store, clock, earlier):
    job = await start(store, source_activity="activity")
    clock.now -= earlier
    assert await start(store, source_activity="activity") == job


async def test_what_is_too_old_to_be_a_repeat_is_another_job(store, clock):
    job = await start(store, source_activity="activity")
    clock.now += LOOKED_BACK + SLOT_LASTS
    again = await start(store, source_activity="activity")
    assert again.id > job.id
    assert await start(store, source_activity="activity") == again


async def test_the_id_of_a_job_that_no_chat_started_is_known_for_ever(store, clock):
    job = await start(store, UNATTENDED, source_activity="build 7")
    clock.now += timedelta(days=300)
    assert await start(store, UNATTENDED, source_activity="build 7") == job
    assert await store.find_external("build 7") == job.id
    assert await store.find_external("build 8") is None


async def test_two_activities_with_the_same_hash_start_a_job_each(store, monkeypatch):
    for module in ("sqlite.once", "postgres.starting"):
        monkeypatch.setattr(f"state.store.{module}.once_key", lambda change: 7)
    jobs = [await start(store, lane, source_activity=name) for lane in (A, B) for name in ("one", "other")]
    assert len({job.id for job in jobs}) == await total(store) == 4


async def test_an_activity_whose_job_is_deleted_may_start_another(store, clock):
    job = await start(store, source_activity="activity")
    await store.operators.overviews._statements.write("DELETE FROM jobs WHERE id = ?1", job.id)
    again = await start(store, source_activity="activity")
    assert again.id != job.id
    assert await start(store, source_activity="activity") == again


def test_a_key_fits_a_signed_integer_of_eight_bytes_and_takes_any_text():
    keys = {once_key(start_job(lane, source_activity=name)) for lane in (A, B) for name in ("\ud800", "é")}
    assert len(keys) == 4
    assert all(-(2**63) <= key < 2**63 for key in keys)
    assert once_key(start_job(A)) is None
