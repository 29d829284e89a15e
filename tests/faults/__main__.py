"""
Runs that are too long for every change: `python -m tests.faults kills --kills 60 --replicas 2`.

`kills`, `throttled`, `outage` and `backlog` each print what they measured; `--help` says what can be set.
"""

import argparse
import asyncio
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.faults.kills import KillRun


def main() -> int:
    """Run what the command line asks for; the exit status is 1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--database-url", default=os.environ.get("FAULTS_DATABASE_URL"))
    commands = parser.add_subparsers(required=True)
    kills = commands.add_parser("kills", help="SIGKILL under load")
    kills.add_argument("--kills", type=int, default=60)
    kills.add_argument("--replicas", type=int, default=1)
    kills.add_argument("--seed", type=int, default=1)
    kills.set_defaults(run=_kills)
    arguments = parser.parse_args()
    run: Callable[[argparse.Namespace, str], int] = arguments.run
    with tempfile.TemporaryDirectory() as directory:
        url = arguments.database_url or f"sqlite:///{Path(directory) / 'jobs.sqlite3'}"
        return run(arguments, url)


def _kills(arguments: argparse.Namespace, url: str) -> int:
    run = KillRun(database_url=url, kills=arguments.kills, replicas=arguments.replicas, seed=arguments.seed)
    reckoning = asyncio.run(run.run())
    print(f"{arguments.kills} kills of {arguments.replicas} process(es), seed {arguments.seed}: {reckoning}")
    return int(reckoning.lost + reckoning.out_of_order + reckoning.unexplained > 0)


if __name__ == "__main__":
    raise SystemExit(main())
