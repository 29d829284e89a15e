"""
Runs that are too long for every change: `python -m tests.faults kills --kills 60 --replicas 2`.

Each prints what it measured, and exits with 1 when a promise was broken. `--help` says what can be set.
"""

import argparse
import asyncio
import os
import tempfile
from pathlib import Path

from tests.faults.backlog import BacklogRun
from tests.faults.drain import CHANNELS, DrainRun
from tests.faults.drill.run import FAULTS, DrillRun
from tests.faults.job_system import JobSystemRun
from tests.faults.kills import KillRun
from tests.faults.ledger import Reckoning
from tests.faults.outage import OutageRun
from tests.faults.throttled import ThrottledRun

_RUNS = {
    "kills": KillRun,
    "job-system": JobSystemRun,
    "outage": OutageRun,
    "backlog": BacklogRun,
    "drain": DrainRun,
    "throttled": ThrottledRun,
}

#: What a throttled conversation may cost the others.
_MOST_SLOWER = 1.2


def main() -> int:
    """Run what the command line asks for."""
    arguments = vars(_parser().parse_args())
    name, url = arguments.pop("run"), arguments.pop("database_url")
    if name == "drill":  # Each of its faults has a database of its own.
        return 0 if asyncio.run(DrillRun(**arguments).run()) else 1
    with tempfile.TemporaryDirectory() as directory:
        url = url or f"sqlite:///{Path(directory) / 'jobs.sqlite3'}"
        run = _RUNS[name](database_url=url, **arguments)
        print(f"{name}: {', '.join(f'{key} {value}' for key, value in arguments.items())}", flush=True)
        outcome = asyncio.run(run.run())
    print(outcome)
    kept = outcome.kept if isinstance(outcome, Reckoning) else outcome <= _MOST_SLOWER
    return 0 if kept else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--database-url", default=os.environ.get("FAULTS_DATABASE_URL"))
    runs = parser.add_subparsers(required=True, dest="run")
    kills = runs.add_parser("kills", help="SIGKILL at random moments under load")
    kills.add_argument("--kills", type=int, default=60)
    kills.add_argument("--replicas", type=int, default=1, help="processes on one database")
    kills.add_argument("--seed", type=int, default=1)
    kills.add_argument(
        "--clock-steps", action="store_true", help="set the wall clock by up to an hour with each kill"
    )
    system = runs.add_parser("job-system", help="the bot and a worker that gets jobs by webhook are killed")
    system.add_argument("--kills", type=int, default=50)
    system.add_argument("--seed", type=int, default=1)
    system.add_argument("--down", type=float, default=0.0, help="seconds for which the worker is away")
    throttled = runs.add_parser("throttled", help="one conversation is answered 429 among healthy ones")
    throttled.add_argument("--seconds", type=float, default=60.0)
    throttled.add_argument("--rounds", type=int, default=1)
    outage = runs.add_parser("outage", help="the channel is gone while events go on")
    outage.add_argument("--seconds", type=float, default=30.0)
    outage.add_argument("--rate", type=float, default=200.0, help="events a second")
    backlog = runs.add_parser("backlog", help="many notices are owed to a channel that is down")
    backlog.add_argument("--notices", type=int, default=200_000)
    backlog.add_argument("--seconds", type=float, default=60.0)
    drain = runs.add_parser("drain", help="many conversations are owed a notice when the bot starts")
    drain.add_argument("--channel", choices=CHANNELS, default="healthy")
    drain.add_argument("--lanes", type=int, default=5_000)
    drain.add_argument("--each", type=int, default=1, help="notices owed to each")
    drill = runs.add_parser(
        "drill", help="alerts, board, mending and people, fault by fault; needs Prometheus"
    )
    drill.add_argument("faults", nargs="*", metavar="NAME", help=", ".join(FAULTS))
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
