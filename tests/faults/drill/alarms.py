"""One real Prometheus that scrapes all bots of the drill, with the project's alert rules."""

import asyncio
import json
import time
from collections.abc import Collection, Mapping
from pathlib import Path

from tests.fakes.prometheus import DEPLOY, Prometheus

#: Seconds between two scrapes, and between two evaluations of the rules.
EVERY = 5

_JOB = "proactive-bot"

#: The one place where a rule names the job: each bot of the drill is a job of its own, as each fault is.
_DOWN = f'up{{job="{_JOB}"}}'


class Alarms(Prometheus):
    """
    ``async with Alarms(directory, targets) as alarms``: *targets* are the addresses of each bot's processes.

    Every bot is a scrape job ``proactive-bot-<name>``, so that rules which add up by job keep them apart.
    """

    def __init__(self, directory: Path, targets: Mapping[str, Collection[str]], token: str) -> None:
        """Scrape with the bearer *token*; bots that need none do not look at it."""
        super().__init__(directory, "")
        self._targets = targets
        self._token = token
        self._since: dict[str, float] = {}
        self.fired: dict[str, dict[str, float]] = {name: {} for name in targets}  #: Seconds after the fault.
        self._news = asyncio.Condition()

    def configure(self) -> None:
        rules = (DEPLOY / "prometheus" / "alerts.yml").read_text("utf-8")
        assert rules.count(_DOWN) == 1, "the drill gives each bot a job name of its own"
        (self.directory / "alerts.yml").write_text(rules.replace(_DOWN, f'up{{job=~"{_JOB}-.*"}}'), "utf-8")
        jobs = [
            {
                "job_name": f"{_JOB}-{name}",
                "authorization": {"credentials": self._token},
                "static_configs": [{"targets": list(addresses)}],
            }
            for name, addresses in self._targets.items()
        ]
        every = {"scrape_interval": f"{EVERY}s", "scrape_timeout": "4s", "evaluation_interval": f"{EVERY}s"}
        config = {"global": every, "rule_files": ["alerts.yml"], "scrape_configs": jobs}
        # JSON is YAML.
        (self.directory / "prometheus.yml").write_text(json.dumps(config), "utf-8")

    async def scrapes_all(self) -> None:
        """Wait until each process was scraped twice: only then an increase can be seen."""
        processes = sum(map(len, self._targets.values()))
        expression = "count(count_over_time(proactive_bot_build_info[10m]) >= 2)"
        while await self.query(expression) != [({}, float(processes))]:  # noqa: ASYNC110
            await asyncio.sleep(0.5)

    def struck(self, name: str) -> None:
        """Count the seconds until alerts of the bot *name* from now."""
        self._since[name] = time.monotonic()

    async def watch(self) -> None:
        """Note when alerts fire, until this is cancelled."""
        while True:
            alerts = (await self.get("/api/v1/alerts"))["alerts"]
            now = time.monotonic()
            for alert in alerts:
                name = alert["labels"]["job"].removeprefix(f"{_JOB}-")
                if alert["state"] == "firing" and name in self._since:
                    short = alert["labels"]["alertname"].removeprefix("ProactiveBot")
                    self.fired[name].setdefault(short, now - self._since[name])
            async with self._news:
                self._news.notify_all()
            await asyncio.sleep(1)

    async def fire(self, name: str, alerts: Collection[str], *, within: float) -> None:
        """Wait until all *alerts* of the bot *name* have fired, but not longer than *within* seconds."""
        try:
            async with asyncio.timeout(within), self._news:
                await self._news.wait_for(lambda: set(alerts) <= set(self.fired[name]))
        except TimeoutError:
            return  # The table says which are missing.
