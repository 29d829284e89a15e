"""`python -m benchmarks`: measures everything, prints the tables, writes docs/performance.md."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import uvloop

from benchmarks.arrivals import connecting
from benchmarks.plan import Group, full_plan, quick_plan
from benchmarks.race import Race, Result
from benchmarks.report import page, progress, tables
from benchmarks.server import ROOT

PAGE = ROOT / "docs" / "performance.md"


async def measure(groups: Iterable[Group]) -> list[Result]:
    results: list[Result] = []
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as directory:
        async with connecting() as connector:
            race = Race(connector, Path(directory))
            for group in groups:
                async for result in race.run(group):
                    results.append(result)
                    print(f"{time.monotonic() - begun:4.0f} s ", *progress(results), file=sys.stderr)
    return results


def only(groups: Iterable[Group], names: list[str]) -> Iterable[Group]:
    for group in groups:
        entrants = [entrant for entrant in group.entrants if entrant.contestant.name in names]
        yield replace(group, entrants=entrants)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="about a minute, one round; writes no page")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="limit, bot or baseline; writes no page")
    arguments = parser.parse_args()
    groups = quick_plan() if arguments.quick else full_plan()
    results = uvloop.run(measure(only(groups, arguments.only) if arguments.only else groups))
    print(tables(results))
    if not arguments.quick and not arguments.only:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page(results, made_by="make bench"), encoding="utf-8")


if __name__ == "__main__":
    main()
