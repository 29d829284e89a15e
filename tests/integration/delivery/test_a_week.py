"""
A week of one person in Berlin: the night in which the clocks go back, mutes, watches, and 500 jobs.

Told of everything once, of nothing in the quiet, and nothing is lost.
"""

import random
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from aiohttp.test_utils import TestClient

from app import BOT, build_app
from compose import Surroundings
from tests.fakes.bot_server import BotServer
from tests.fakes.chat import Chat
from tests.fakes.fake_clock import FakeClock
from tests.fakes.schemas import new_migrated_schema
from tests.fakes.settings import settings

ZONE, MONDAY, WEEK = ZoneInfo("Europe/Berlin"), datetime(2026, 10, 19, 6, tzinfo=UTC), timedelta(days=7)
JOBS = 500
NUMBER = re.compile(r"\b\d{16}\b")


class Week:
    """The person, a colleague, and a clock that goes from one event to the next."""

    def __init__(self, client, connector, clock, *, failures_pass):
        fields = {"localTimezone": "Europe/Berlin"}
        self.person, self.colleague = (
            Chat(client=client, connector=connector, conversation_id=name, fields=fields)
            for name in ("person", "colleague")
        )
        self.client, self.connector, self.clock = client, connector, clock
        self.failures_pass = failures_pass
        self.ended: dict[int, bool] = {}  #: Whether each job failed.
        self.muted_until = clock.now
        self.told: Counter[int] = Counter()
        self.disturbed: list[str] = []
        self._asked = 0
        connector.rule = self._note

    def _note(self, conversation, activity):
        """Note what arrives, and when, by the person's clock."""
        if conversation == "person" and "replyToId" not in activity:
            numbers = [int(number) for number in NUMBER.findall(activity["text"])]
            self.told.update(numbers)
            if not all(map(self.may_be_told, numbers)):
                self.disturbed.append(f"{self.clock.now}: {activity['text']}")

    def may_be_told(self, number):
        """Return whether nothing holds the notice of this job now."""
        hour = self.clock.now.astimezone(ZONE).hour
        is_night = hour >= 22 or hour < 7
        muted = self.clock.now < self.muted_until
        return not muted and (not is_night or (self.failures_pass and self.ended[number]))

    async def go_on_until(self, now):
        """Let time pass. Whatever nothing holds is told before it goes on."""
        while self.clock.now < now:
            self.clock.now = min(now, self.clock.now + timedelta(minutes=30))
            await self.settle()

    async def settle(self):
        worker = self.client.app[BOT].delivery.worker
        worker.look()
        due = {number for number in self.ended if self.may_be_told(number)}
        await self.connector.until(lambda _: due <= set(self.told), "all that nothing holds")
        await worker.idle()  # Or its leases would seem to have ended when the clock goes on.

    async def ask(self, chat, text):
        """Say something; return the answer, whatever is told meanwhile."""
        self._asked += 1
        key = f"asked-{self._asked}"
        await chat.post(type="message", text=text, id=key)
        answers = [each for each in self.connector.arrivals if each.reply_to_id == key]
        return answers[0].text

    async def run(self, chat, title, *, fails):
        answer = await self.ask(chat, f"run {title}")
        number = int(NUMBER.findall(answer)[0])
        self.ended[number] = fails
        kind = "failed" if fails else "succeeded"
        async with self.client.post(f"/api/jobs/{number}/report/{kind}") as response:
            assert response.status == 202

    async def mute(self, hours):
        await self.ask(self.person, f"mute {hours}h")
        self.muted_until = self.clock.now + timedelta(hours=hours)


@pytest.fixture(params=["sqlite", "postgres"])
def database(request, tmp_path):
    """The address of a new database."""
    if request.param == "postgres":
        return new_migrated_schema()
    return f"sqlite:///{tmp_path / 'jobs.sqlite3'}"


@pytest.mark.slow
@pytest.mark.parametrize("failures_pass", [False, True], ids=["all-is-held", "failures-pass"])
async def test_all_is_told_once_and_nothing_in_the_quiet(database, failures_pass, connector):
    clock, dice = FakeClock(), random.Random(7)
    clock.now = MONDAY
    around = Surroundings(clock=clock, wall_clock=clock, watchers_every=timedelta(milliseconds=5))
    app = build_app(settings(DATABASE_URL=database), around=around)
    async with TestClient(BotServer(app)) as client:
        week = Week(client, connector, clock, failures_pass=failures_pass)
        await week.ask(week.person, "quiet 22:00-07:00" + (" except failures" if failures_pass else ""))
        await week.ask(week.person, 'watch "shared*"')
        for place, begins in enumerate(sorted(MONDAY + dice.random() * WEEK for _ in range(JOBS))):
            await week.go_on_until(begins)
            if place % 40 == 20:
                await week.mute(dice.randint(1, 12))
            who, title = (week.colleague, "shared") if place % 10 == 0 else (week.person, "mine")
            await week.run(who, f"{title} {place}", fails=dice.random() < 0.3)
            await week.settle()
        await week.go_on_until(MONDAY + WEEK + timedelta(days=1))
    assert set(week.told) == set(week.ended)
    assert set(week.told.values()) == {1}
    assert len(week.ended) == JOBS
    assert week.disturbed == []
