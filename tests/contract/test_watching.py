"""Watches: conversations are told of the end of jobs that they did not start, each once."""

from datetime import timedelta

import pytest

from jobs.changes import OweReply
from jobs.job import JobStatus
from jobs.lane import LaneKey
from jobs.watching import WATCHES, Watch
from state.owed_replies import dump_reply
from tests.contract.asking import URL, A, B, complete, start

HERE = LaneKey("emulator/watcher")
REFERENCE = '{"channelId":"emulator","conversation":{"id":"watcher"}}'


def watch(target, lane=HERE, *, tenant=None):
    """A watch of a job, or of a pattern."""
    number = target if isinstance(target, int) else None
    return Watch(lane, str(target), tenant, number, REFERENCE, URL)


def reply(job, lane=HERE):
    return OweReply(job.id, lane, URL, dump_reply("it has ended", REFERENCE), None)


async def ended(store):
    """Return the jobs of which watchers are to be told, each with the conversations."""
    return {each.job.id: [one.lane for one in each.watches] for each in await store.ended_watched()}


async def test_a_watcher_is_told_once_when_the_job_has_ended(store, clock):
    job = await start(store, title="nightly")
    assert await store.watch(watch(job.id))
    assert await ended(store) == {}
    await complete(store, job.id)
    [end] = await store.ended_watched()
    assert (end.job.id, end.job.status, [each.lane for each in end.watches]) == (
        job.id,
        JobStatus.SUCCEEDED,
        [HERE],
    )
    assert await store.tell_watchers(job.id, [reply(job)])
    assert not await store.tell_watchers(job.id, [reply(job)])  # As another process would.
    assert await ended(store) == {}
    claims = {claim.lane: claim for claim in await store.claim(10)}
    [notice] = claims[HERE].notices
    assert (notice.job_id, notice.reference) == (job.id, REFERENCE)
    assert await store.watches(HERE) == []


async def test_a_job_that_ended_before_the_watch_was_kept_is_told(store):
    job = await start(store)
    await complete(store, job.id)
    await store.watch(watch(job.id))
    assert await ended(store) == {job.id: [HERE]}


async def test_a_pattern_fits_jobs_that_run_and_jobs_to_come(store, clock):
    running = await start(store, title="Nightly report")
    other = await start(store, title="weekly report")
    await store.watch(watch("nightly*"))
    clock.now += timedelta(seconds=1)
    new = await start(store, title="nightly BACKUP")
    for job in (running, other, new):
        await complete(store, job.id)
    assert await ended(store) == {running.id: [HERE], new.id: [HERE]}
    for job in (running, new):
        await store.tell_watchers(job.id, [reply(job)])
    assert [each.target for each in await store.watches(HERE)] == ["nightly*"]
    again = await start(store, title="nightly again")
    await complete(store, again.id)
    assert await ended(store) == {again.id: [HERE]}


async def test_signs_that_databases_and_shells_know_are_letters(store):
    await store.watch(watch("50%_[a]?*"))
    fits = await start(store, title="50%_[a]!")
    near = [await start(store, title=title) for title in ("50x_[a]!", "50%x[a]!", "50%_a!", "50%_[a]")]
    for job in (fits, *near):
        await complete(store, job.id)
    assert {job for job, lanes in (await ended(store)).items() if lanes} == {fits.id}


async def test_letters_of_all_scripts_are_compared_without_case(store):
    await store.watch(watch("ÜBERSICHT*"))
    job = await start(store, title="Übersicht der Woche")
    await complete(store, job.id)
    assert await ended(store) == {job.id: [HERE]}


async def test_a_conversation_is_not_told_twice_of_its_own_job(store):
    await store.watch(watch("*", A))
    job = await start(store, title="mine")
    await complete(store, job.id)
    assert {*(await ended(store)).get(job.id, [])} == set()


@pytest.mark.parametrize("tenant, told", [("t1", True), ("t2", False), (HERE, False), (None, True)])
async def test_a_pattern_fits_jobs_of_the_own_tenant_alone(store, tenant, told):
    await store.watch(watch("secret*", tenant=tenant))
    job = await start(store, title="secret plan", tenant="t1")
    await complete(store, job.id)
    assert bool((await ended(store)).get(job.id)) is told


async def test_what_was_asked_for_in_a_personal_chat_fits_no_pattern_of_others(store):
    personal = LaneKey("msteams/a:1")
    await store.watch(watch("salaries*", tenant="t1"))
    job = await start(store, lane=personal, title="salaries", tenant="t1")
    await complete(store, job.id)
    assert not (await ended(store)).get(job.id)


async def test_watches_are_listed_and_forgotten(store, clock):
    job = await start(store)
    for target in (job.id, "b*", "a*"):
        await store.watch(watch(target))
        clock.now += timedelta(seconds=1)
    await store.watch(watch("a*"))  # Again: it stays as it was.
    await store.watch(watch("a*", B))
    assert [each.target for each in await store.watches(HERE)] == [str(job.id), "b*", "a*"]
    assert await store.unwatch(HERE, "b*") == 1
    assert await store.unwatch(HERE, "c*") == 0
    assert await store.unwatch(HERE, None) == 2
    assert await store.watches(HERE) == []
    assert [each.target for each in await store.watches(B)] == ["a*"]


async def test_there_is_room_for_so_many(store):
    for number in range(WATCHES):
        assert await store.watch(watch(f"{number}*"))
    assert not await store.watch(watch("one more*"))
    assert await store.watch(watch("0*"))  # It is kept already.
    assert len(await store.watches(HERE)) == WATCHES
