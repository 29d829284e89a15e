from datetime import timedelta

from botbuilder.core.adapters import TestAdapter

from bot.proactive_bot import ProactiveBot
from jobs.service import JobService
from state.job_state import JobState
from state.store.opening import open_store


async def test_run_puts_a_job_into_the_log():
    async with open_store("sqlite://", lease=timedelta(seconds=30)) as store:
        adapter = TestAdapter(ProactiveBot(JobState(JobService(store))).on_turn)
        await adapter.test("show", "The job log is empty.")
        await adapter.send("run the tests")
        assert "We're starting job" in adapter.get_next_activity().text
        await adapter.send("show")
        assert "the tests" in adapter.get_next_activity().text
