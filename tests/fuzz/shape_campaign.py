"""`python -m tests.fuzz.shape_campaign`: what the worst of many shapes of a body cost the process."""

import argparse
import asyncio
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tests.fakes.bot_process import install
from tests.fuzz.footprint import Cost, Footprint
from tests.fuzz.shapes import known, sampled
from tests.fuzz.target import Target

LOOP_SECONDS = 0.05  #: The longest that one request may keep the event loop.
BYTES = 20_000_000  #: The most memory above idle that one request may take.


class Measured(NamedTuple):
    """One request, and what it cost."""

    name: str
    status: int
    cost: Cost


async def measure(
    installation: Path, directory: Path, *, authentication: bool, requests: int, seed: int
) -> list[Measured]:
    """Send the known worst bodies and *requests* sampled ones, one by one, and a good one after each."""
    target = await Target(installation, directory, authentication=authentication).open()
    measured = []
    try:
        for _ in range(20):  # So that what is made once is there.
            await target.check_that_it_serves()
        footprint = Footprint(target.pid)
        for name, request in chain(known(), sampled(requests, seed)):
            footprint.begin()
            status = await target.check(request)
            await target.alive()  # Whatever the request left for the loop to do is done by then.
            measured.append(Measured(name, status, footprint.cost()))
            await target.check_that_it_serves()
    finally:
        await target.close()
    return measured


def main() -> None:
    """Print the worst, with authentication off and on."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with TemporaryDirectory() as directory:
        installation = Path(directory, "installation")
        installation.mkdir()
        install(installation)
        for authentication in (False, True):
            measured = asyncio.run(
                measure(
                    installation,
                    Path(directory),
                    authentication=authentication,
                    requests=arguments.requests,
                    seed=arguments.seed,
                )
            )
            _report(f"Authentication {'on' if authentication else 'off'}", measured)


def _report(title: str, measured: list[Measured]) -> None:
    longest = max(each.cost.loop_seconds for each in measured)
    largest = max(each.cost.bytes_above_idle for each in measured)
    print(
        f"{title}: {len(measured):,} requests by shape take the event loop {1000 * longest:.1f} ms at most"
        f" (goal: {1000 * LOOP_SECONDS:.0f}), and {largest / 1e6:.1f} MB above idle (goal: {BYTES / 1e6:.0f})"
    )
    worst = sorted(measured, key=lambda each: -each.cost.loop_seconds)[:8]
    worst += sorted(measured, key=lambda each: -each.cost.bytes_above_idle)[:3]
    for name, status, (seconds, size) in worst:
        print(f"  {1000 * seconds:>6.1f} ms {size / 1e6:>6.1f} MB  {status}  {name}")


if __name__ == "__main__":
    main()
