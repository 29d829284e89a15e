"""Overdue jobs, from the setting to the chat and the job system."""

import asyncio
from datetime import timedelta

import pytest

from delivery.overdue import OverdueWatch
from state.errors import StoreUnavailable
from state.store.deadlines import TOLD_TOGETHER


@pytest.fixture
def config(config):
    return config.model_copy(update={"job_finish_within": 0.5})


@pytest.mark.slow  # The bot looks every five seconds.
async def test_people_and_the_job_system_hear_that_a_job_is_overdue_and_later_that_it_ended(
    chat, started, system, report, bot
):
    a = chat("a")
    number = int(await started(a))
    assert f"Job {number} has not ended within 500 ms." in (await a.heard()).text
    overdue = await system.event("job.overdue")
    assert (overdue.data["jobId"], overdue.data["what"], overdue.data["within"]) == (number, "not ended", 0.5)
    async with bot.get(f"/api/jobs/{number}") as answer:
        assert (await answer.json())["overdue"] == ["finish"]
    await report(number, "succeeded")
    text = (await a.heard()).text
    assert text.startswith(f"Job {number} is complete.")
    assert text.endswith(" late.")


async def test_a_new_job_and_its_reports_have_deadlines_of_their_own(bot, report):
    async with bot.post("/api/jobs", json={"startWithin": 60, "heardEvery": 30}) as answer:
        job = await answer.json()
    assert {"startBy", "finishBy"} < job.keys()  # The last one by the setting.
    assert "heardBy" not in job
    body = '{"finishWithin": 3600}'
    await report(job["jobId"], "progress", body, headers={"Content-Type": "application/json"})
    async with bot.get(f"/api/jobs/{job['jobId']}") as answer:
        later = await answer.json()
    assert later["finishBy"] > job["finishBy"]
    assert later["heardBy"] > later["createdAt"]


class Watched:
    """A store that fails at first, then has more to tell than goes at once."""

    def __init__(self) -> None:
        self.answers = [StoreUnavailable("down"), ValueError("bug"), TOLD_TOGETHER, 3, 0]
        self.all_asked = asyncio.Event()

    async def tell_overdue(self) -> int:
        answer = self.answers.pop(0) if self.answers else 0
        if not self.answers:
            self.all_asked.set()
        if isinstance(answer, Exception):
            raise answer
        return answer


async def test_the_watch_goes_on_after_a_failure_and_takes_all_that_there_is():
    store, looks = Watched(), []
    watch = OverdueWatch(store, look=lambda: looks.append(1), every=timedelta(milliseconds=1))
    async with watch.running():
        await asyncio.wait_for(store.all_asked.wait(), 5)
    assert len(looks) == 2
