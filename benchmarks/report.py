"""The results as Markdown: one table per group of blocks, and the page around them."""

from __future__ import annotations

import platform
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from string import Template

from benchmarks.contestants import BASELINE, LIMIT, Contestant
from benchmarks.measurement import cpu_ratio
from benchmarks.race import Result

TEMPLATE = Path(__file__).with_name("performance.md.template")
HEAD = [
    "scenario",
    "at once",
    "delay",
    "jobs",
    "server",
    "CPU µs/turn",
    "CPU/limit",
    "baseline/CPU",
    "turns/s",
    "p50 ms",
    "p95 ms",
    "p99 ms",
]
PACKAGES = ("botbuilder-core", "aiohttp", "uvloop", "orjson", "sqlalchemy")


def page(results: Sequence[Result], *, made_by: str) -> str:
    """Return the whole of `docs/explanation/performance.md`."""
    template = Template(TEMPLATE.read_text(encoding="utf-8"))
    day = date.today().isoformat()
    return template.substitute(
        machine=machine(), versions=versions(), day=day, made_by=made_by, tables=tables(results)
    )


def tables(results: Sequence[Result]) -> str:
    return "\n\n".join(
        f"## {title}\n\n{table(list(group), results)}" for title, group in groupby(results, lambda r: r.group)
    )


def table(rows: Iterable[Result], results: Sequence[Result]) -> str:
    lines = [HEAD, ["---"] * 5 + ["---:"] * 7, *(cells(row, results) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cells(result: Result, results: Sequence[Result]) -> list[str]:
    setting, measured = result.setting, result.measured
    limit, baseline = same_of(LIMIT, result, results), same_of(BASELINE, result, results)
    return [
        setting.scenario.name,
        str(setting.concurrency),
        f"{setting.delay_ms} ms",
        f"{result.entrant.jobs:,}",
        result.entrant.contestant.name,
        f"{measured.cpu:,.0f}",
        f"{cpu_ratio(result.rounds, limit.rounds):.2f}" if limit else "",
        f"{cpu_ratio(baseline.rounds, result.rounds):.1f}" if baseline else "",
        f"{measured.rate:,.0f}",
        *(f"{latency:,.2f}" for latency in (measured.p50, measured.p95, measured.p99)),
    ]


def same_of(contestant: Contestant, like: Result, results: Sequence[Result]) -> Result | None:
    """Return the result of *contestant* in the same group, setting and size of the job log as *like*."""
    same = (like.group, like.setting, like.entrant.jobs)
    for other in results:
        if (
            other.entrant.contestant is contestant
            and (other.group, other.setting, other.entrant.jobs) == same
        ):
            return other
    return None


def machine() -> str:
    return f"{platform.machine()}, {cpu_model()}, {cpu_count()} CPUs, {platform.system()} {kernel()}"


def cpu_model() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "unknown CPU")


def cpu_count() -> int:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return sum(line.startswith("processor") for line in lines)


def kernel() -> str:
    return platform.release().partition("-")[0]


def versions() -> str:
    return ", ".join(
        [f"Python {platform.python_version()}", f"SQLite {sqlite3.sqlite_version}"]
        + [f"{package} {version(package)}" for package in PACKAGES]
    )


def progress(results: Sequence[Result]) -> Iterator[str]:
    """Yield the newest result as a line of progress."""
    for name, cell in zip(HEAD, cells(results[-1], results), strict=True):
        yield f"{cell} {name}" if name.endswith(("ms", "s", "turn")) else cell
