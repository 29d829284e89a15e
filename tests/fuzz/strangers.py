"""
`python -m tests.fuzz.strangers`: sixty-four callers without a token send the worst bodies, all the time.

Printed for each body: how long a probe of `/healthz` waits, and how many turns of others are served beside.
The callers run in a process of their own, so that the probe waits for the bot and not for them.
"""

import argparse
import asyncio
import os
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tests.fakes.bot_process import install
from tests.fuzz.requests import Hostile
from tests.fuzz.shapes import KINDS, shaped
from tests.fuzz.target import Target

STRANGERS = 64
MEDIAN = 0.1  #: Seconds that a probe may wait.

_PAUSE = 0.02  # Seconds between probes.


class Served(NamedTuple):
    """The service that other conversations got meanwhile."""

    refused: int  #: Requests of strangers that were answered.
    waits: list[float]  #: Seconds that each probe took.
    turns: int
    slowest_turn: float  #: In seconds.


def _body(number: int, place: str, item: str, *, fits: bool = True, packing: str = "") -> Hostile:
    return shaped(number, place, item, KINDS[2], fits=fits, packing=packing, token=False)


#: What costs most before the token is looked at: many values just within the limit, or a large text around.
BODIES: dict[str, Hostile] = {
    "gzip of 87,000 objects": _body(1, "textHighlights", "empty objects", fits=False, packing="gzip"),
    "gzip of objects within the limit": _body(2, "value", "nested objects", packing="gzip"),
    "gzip of members": _body(3, "membersAdded", "members", packing="gzip"),
    "gzip of names": _body(4, "value", "many names", packing="gzip"),
    "gzip of a text of escapes": _body(5, "text", "escapes", fits=False, packing="gzip"),
    "a text, not packed": _body(6, "text", "long texts", fits=False),
}


async def harass(host: str, port: int, request: bytes) -> None:
    """Send *request* on many connections, again when it is answered, until killed; print a dot each time."""

    async def stranger() -> None:
        while True:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                reader, writer = await asyncio.open_connection(host, port)
                try:
                    while True:
                        writer.write(request)
                        await reader.readuntil(b"\r\n\r\n")
                        await reader.readuntil(b"}")  # A problem is a flat object.
                        os.write(1, b".")
                finally:
                    writer.close()

    await asyncio.gather(*(stranger() for _ in range(STRANGERS)))


@asynccontextmanager
async def strangers(target: Target, body: Hostile, directory: Path) -> AsyncIterator[Path]:
    """Run `harass` in a process; the file that this yields has a byte for each request that was answered."""
    request, answered = directory / "request", directory / "answered"
    request.write_bytes(target.rendered(body).replace(b"Connection: close\r\n", b"", 1))
    arguments = ("--harass", str(target.url), "--request", str(request))
    with answered.open("wb") as dots:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.fuzz.strangers", *arguments), stdout=dots
        )
    try:
        async with asyncio.timeout(60):
            while _size(answered) < STRANGERS:  # noqa: ASYNC110  # A file cannot be awaited.
                await asyncio.sleep(0.05)
        yield answered
    finally:
        process.kill()
        await process.wait()


def _size(answered: Path | None) -> int:
    return answered.stat().st_size if answered else 0


async def serve_beside(target: Target, seconds: float, answered: Path | None = None) -> Served:
    """Send probes and turns for *seconds*; every turn must be answered correctly."""
    before = _size(answered)
    end = time.monotonic() + seconds
    waits: list[float] = []
    turns: list[float] = []

    async def probe() -> None:
        while time.monotonic() < end:
            began = time.monotonic()
            await target.alive()
            waits.append(time.monotonic() - began)
            await asyncio.sleep(_PAUSE)

    async def talk() -> None:
        while time.monotonic() < end or not turns:
            began = time.monotonic()
            await target.check_that_it_serves()
            turns.append(time.monotonic() - began)

    async with asyncio.TaskGroup() as group:
        group.create_task(probe())
        group.create_task(talk())
    refused = _size(answered) - before
    return Served(refused, waits, len(turns), max(turns))


async def besiege(
    installation: Path, directory: Path, *, seconds: float, bodies: dict[str, Hostile]
) -> dict[str, Served]:
    """Return the service without an attack, and then during an attack with each of *bodies*."""
    target = await Target(installation, directory, authentication=True).open()
    try:
        served = {"no strangers": await serve_beside(target, seconds)}
        for name, body in bodies.items():
            async with strangers(target, body, directory) as answered:
                served[name] = await serve_beside(target, seconds, answered)
            await target.check_that_it_serves()
    finally:
        await target.close()
    return served


def main() -> None:
    """Print a line for each body."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--harass", metavar="URL", help=argparse.SUPPRESS)
    parser.add_argument("--request", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.harass:
        host, port = arguments.harass.removeprefix("http://").rstrip("/").rsplit(":", 1)
        asyncio.run(harass(host, int(port), arguments.request.read_bytes()))
    with TemporaryDirectory() as directory:
        installation = Path(directory, "installation")
        installation.mkdir()
        install(installation)
        besieged = asyncio.run(
            besiege(installation, Path(directory), seconds=arguments.seconds, bodies=BODIES)
        )
    print(f"{STRANGERS} strangers without a token; the goal is a median of {1000 * MEDIAN:.0f} ms")
    for name, (refused, waits, turns, slowest) in besieged.items():
        print(
            f"  {name:<34} {refused:>6,} refused; /healthz median {1000 * statistics.median(waits):>6.1f} ms,"
            f" longest {1000 * max(waits):>6.1f} ms; {turns} turns of others, the slowest {slowest:.2f} s"
        )


if __name__ == "__main__":
    main()
