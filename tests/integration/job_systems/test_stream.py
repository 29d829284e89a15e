"""Changes of jobs as server-sent events."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest

PATH = "/api/jobs/stream"


class Reader:
    """Reads events as a browser does."""

    def __init__(self, answer) -> None:
        self._content = answer.content
        self.last_id = ""

    async def job(self):
        """Return the next job."""
        fields = {}
        async with asyncio.timeout(10):
            while line := (await self._content.readline()).decode():
                name, _, value = line.rstrip("\r\n").partition(": ")
                if name == "" and fields.get("event") == "job":
                    self.last_id = fields["id"]
                    return json.loads(fields["data"])
                fields = {**fields, name: value} if name else {}
        return None

    async def until(self, number, state, *, told=False):
        """Return the states in which the job was, up to this one."""
        states, delivered = [], False
        while not states or states[-1] != state or (told and not delivered):
            job = await self.job()
            if job["jobId"] == number:
                states.append(job["state"])
                delivered = [notice["state"] for notice in job["notices"]] == ["delivered"]
        return states


@pytest.fixture
def reading(bot):
    @asynccontextmanager
    async def reading(**headers):
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        async with bot.get(PATH, headers=given) as answer:
            assert (answer.status, answer.content_type) == (200, "text/event-stream")
            yield Reader(answer)

    return reading


async def test_a_job_is_followed_from_its_start_until_people_were_told(reading, chat, started, report):
    async with reading() as reader:
        a = chat("a")
        number = int(await started(a))
        assert await reader.until(number, "queued") == ["queued"]
        await report(number, "started")
        assert await reader.until(number, "running") == ["running"]
        await report(number, "succeeded")
        await reader.until(number, "succeeded", told=True)


async def test_whoever_comes_first_sees_what_has_not_ended(reading, chat, started, report):
    done, open_ = [int(await started(chat("a"))) for _ in range(2)]
    await report(done, "succeeded")
    async with reading() as reader:
        assert (await reader.job())["jobId"] == open_


async def test_whoever_comes_again_goes_on_where_it_was(reading, chat, started):
    a = chat("a")
    async with reading() as staying:  # The bot forgets what nobody reads.
        async with reading() as reader:
            first = int(await started(a))
            await reader.until(first, "queued")
        second = int(await started(a))
        await staying.until(second, "queued")
        async with reading(Last_Event_ID=reader.last_id) as again:
            assert (await again.job())["jobId"] == second
        async with reading(Last_Event_ID="of-another-process") as anew:
            assert {(await anew.job())["jobId"] for _ in range(2)} == {first, second}


async def test_a_job_that_ends_between_two_looks_is_seen(reading, bot, report):
    async with reading() as reader:
        async with bot.post("/api/jobs", json={}) as answer:
            number = (await answer.json())["jobId"]
        await report(number, "failed")
        assert (await reader.until(number, "failed"))[-1] == "failed"


async def test_streams_are_for_those_who_may_ask(bot):
    async with bot.get(PATH, headers={"Origin": "http://evil.example"}) as answer:
        assert answer.status == 403


async def test_a_reader_that_goes_is_forgotten_and_the_bot_stops_at_once(bot, reading):
    async with reading():
        pass
    async with reading() as reader:
        await asyncio.wait_for(bot.app.shutdown(), 5)
        assert await reader.job() is None
