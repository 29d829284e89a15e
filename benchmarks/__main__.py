"""`python -m benchmarks`: measures everything, prints the tables, writes docs/explanation/performance.md."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import uvloop

from benchmarks.against import compare
from benchmarks.arrivals import connecting
from benchmarks.authenticated import authenticated_bot
from benchmarks.contestants import Contestant
from benchmarks.plan import Group, full_plan, quick_plan
from benchmarks.race import Race, Result
from benchmarks.report import page, progress, tables
from benchmarks.server import ROOT

PAGE = ROOT / "docs" / "explanation" / "performance.md"


async def measure(plan: Callable[[Contestant], Iterable[Group]], names: Sequence[str]) -> list[Result]:
    results: list[Result] = []
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as temporary:
        directory = Path(temporary)
        async with connecting() as connector, authenticated_bot(connector) as authenticated:
            race = Race(connector, directory)
            for group in only(names, plan(authenticated)):
                async for result in race.run(group):
                    results.append(result)
                    print(f"{time.monotonic() - begun:4.0f} s ", *progress(results), file=sys.stderr)
    return results


def only(names: Sequence[str], groups: Iterable[Group]) -> Iterable[Group]:
    """Yield *groups* with the contestants of these *names* alone; all of them if there are none."""
    for group in groups:
        entrants = [entrant for entrant in group.entrants if not names or entrant.contestant.name in names]
        yield replace(group, entrants=entrants)


async def print_lines(lines: AsyncIterator[str]) -> None:
    async for line in lines:
        print(line, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="about a minute, one round; writes no page")
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="NAME", help="limit, bot or baseline; writes no page"
    )
    parser.add_argument(
        "--against", metavar="REVISION", help="compare with an earlier revision; two minutes, writes no page"
    )
    arguments = parser.parse_args()
    if arguments.against:
        uvloop.run(print_lines(compare(arguments.against)))
        return
    plan = quick_plan if arguments.quick else full_plan
    results = uvloop.run(measure(plan, arguments.only))
    print(tables(results))
    if not arguments.quick and not arguments.only:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page(results, made_by="make bench"), encoding="utf-8")


if __name__ == "__main__":
    main()
