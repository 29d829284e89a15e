"""Dashboard, rules and reference, checked on a real Prometheus that scrapes the real bot."""

import asyncio
import json
import math
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from yarl import URL

from tests.fakes.bot_process import BotProcess, install
from tests.fakes.chat import Chat
from tests.fakes.fake_connector import Answer, FakeConnector
from tests.fakes.prometheus import DEPLOY, Prometheus, promtool
from tests.fakes.schemas import new_schema

pytestmark = pytest.mark.slow

DASHBOARD = json.loads((DEPLOY / "grafana" / "proactive-bot.json").read_text("utf-8"))
REFERENCE = DEPLOY.parent / "docs" / "reference" / "metrics.md"

#: Panels and the expressions in them.
EXPRESSIONS = [
    (panel["title"], target["expr"]) for panel in DASHBOARD["panels"] for target in panel.get("targets", ())
]


@dataclass(frozen=True, slots=True)
class Scraped:
    bot: aiohttp.ClientSession
    prometheus: Prometheus

    async def metrics(self) -> str:
        async with self.bot.get("/metrics") as answer:
            return await answer.text()


@pytest.fixture
async def scraped(tmp_path: Path) -> AsyncIterator[Scraped]:
    """A bot that has seen a bit of everything, and a Prometheus that scrapes it."""
    program = tmp_path / "program"
    program.mkdir()
    database = new_schema()  # With SQLite there is no pool of connections to show.
    async with FakeConnector() as connector, BotProcess(install(program), DATABASE_URL=database) as process:
        bot = await process.started()
        target = f"localhost:{URL(process.url).port}"
        async with Prometheus(tmp_path / "prometheus", target) as prometheus:
            scraping = Scraped(bot, prometheus)
            while not await prometheus.query("proactive_bot_build_info"):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
            going = asyncio.create_task(go_on(bot, connector))
            yield scraping
            going.cancel()
            await asyncio.gather(going, return_exceptions=True)


async def go_on(bot: aiohttp.ClientSession, connector: FakeConnector) -> None:
    """Start and complete jobs; one conversation's channel never takes its notices."""
    well, ill, other = (
        Chat(client=bot, connector=connector, conversation_id=name) for name in ("well", "ill", "other")
    )
    number = await started(ill)
    connector.script("ill", *[Answer.error(503, "ServiceUnavailable")] * 1000)
    await other.say(f"done {number}")
    while True:
        await other.say(f"done {await started(well)}")
        await well.heard()
        await other.post(type="message", conversation={})  # Refused: it has no id.
        await asyncio.sleep(0.2)


async def started(chat: Chat) -> str:
    match = re.search(r"job (\d+)", await chat.say("run"))
    assert match
    return match[1]


def in_place_of_variables(expression: str) -> str:
    return expression.replace("$job", "proactive-bot").replace("$__rate_interval", "10s")


async def test_every_query_of_the_dashboard_has_a_result(scraped: Scraped):
    assert len(EXPRESSIONS) > 25
    missing = set(EXPRESSIONS)
    try:
        async with asyncio.timeout(60):
            while missing:
                missing -= {each for each in missing if await has_a_number(scraped.prometheus, each[1])}
                await asyncio.sleep(0.2)
    except TimeoutError:
        assert missing == set()
    offered = await scraped.prometheus.query("group by (job) (proactive_bot_build_info)")
    assert [labels for labels, _ in offered] == [{"job": "proactive-bot"}], "what the variable offers"


async def has_a_number(prometheus: Prometheus, expression: str) -> bool:
    found = await prometheus.query(in_place_of_variables(expression))
    return any(not math.isnan(value) for _, value in found)


async def test_every_rule_can_be_evaluated_on_a_scrape_and_asks_for_metrics_that_there_are(scraped: Scraped):
    rules: list[dict[str, Any]] = []
    async with asyncio.timeout(60):
        while not rules or any(rule["health"] == "unknown" for rule in rules):
            groups = (await scraped.prometheus.get("/api/v1/rules"))["groups"]
            rules = [rule for group in groups for rule in group["rules"]]
            await asyncio.sleep(0.2)
    assert {rule["name"]: rule["health"] for rule in rules} == {rule["name"]: "ok" for rule in rules}
    there = documented(await scraped.metrics())
    for rule in rules:
        asked = {re.sub("_(bucket|sum|count|total)$", "", name) for name in names_in(rule["query"])}
        assert asked <= {re.sub("_total$", "", name) for name in there}, rule["name"]


def names_in(text: str) -> set[str]:
    return set(re.findall(r"\bproactive_bot_\w+", text))


def documented(exposition: str) -> dict[str, str]:
    """Return the kinds of the bot's own metrics by name."""
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", exposition, re.MULTILINE))
    return {name: kind for name, kind in kinds.items() if name.startswith("proactive_bot_")}


async def test_the_reference_has_every_metric_with_its_kind_and_no_other(scraped: Scraped):
    rows = re.findall(r"^\| `(proactive_bot_\w+)` \| (\w+) \|", REFERENCE.read_text("utf-8"), re.MULTILINE)
    assert dict(rows) == documented(await scraped.metrics())


async def test_names_and_units_are_as_prometheus_wants_them(scraped: Scraped):
    printed = await promtool("check", "metrics", given=(await scraped.metrics()).encode())
    assert [line for line in printed.splitlines() if "proactive_bot" in line] == []
