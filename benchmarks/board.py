"""
What the board costs beside a million jobs and 100,000 notices that wait: `python -m benchmarks.board`.

With a folder as argument the database stays there, for a look with a browser.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from contextlib import AsyncExitStack, closing
from datetime import timedelta
from pathlib import Path

import aiohttp

from benchmarks.seed import seeded_database
from benchmarks.server import Server, serving
from instants import utc_now
from jobs.attempts import Failure
from jobs.changes import DeferLane, FinishJob
from jobs.job import JobId, JobStatus
from state.store.opening import open_store
from state.store.port import Store

JOBS, WAITING = 1_000_000, 100_000
TOGETHER = 2_000
TITLES = ("nightly report", "Übersetzung", "build 4711", "<script>alert(1)</script>", "déploiement", "import")
PAGES = (
    "/board",
    "/board/jobs",
    "/board/jobs?q=state:failed",
    "/board/jobs?q=told:no",
    "/board/jobs?q=title:zzz",
    "/board/jobs/{job}",
    "/board/waiting",
    "/board/dead",
    "/board/parked",
    "/board/audit",
)
ASKED = 30  # times each page
BOARDS = 20
WATCHED = 30.0  # seconds


async def main(folder: Path) -> None:
    database = folder / "board.sqlite3"
    if not database.exists():
        made = await seeded_database(JOBS, folder)
        await furnish(made)
        put_off(made)
        made.rename(database)
    async with AsyncExitStack() as stack:
        settings = {"DATABASE_URL": f"sqlite:///{database}"}
        server = await stack.enter_async_context(serving([sys.executable, "app.py"], settings))
        client = aiohttp.ClientSession(f"http://127.0.0.1:{server.port}")
        await stack.enter_async_context(client)
        job = newest(database)
        await asyncio.sleep(10)
        for page in PAGES:
            await time_page(client, server, page.format(job=job))
        await watch_boards(client, server)


async def furnish(database: Path) -> None:
    """Give jobs titles and ends: most wait, some are dead letters, parked, muted or have failed."""
    dice = random.Random(1)  # noqa: S311
    with closing(sqlite3.connect(database)) as connection:
        ids = [
            row[0] for row in connection.execute("SELECT id FROM jobs ORDER BY id DESC LIMIT ?", (WAITING,))
        ]
        connection.executemany(
            "UPDATE jobs SET title = ?, requested_by = ? WHERE id = ?",
            [(dice.choice(TITLES), dice.choice(("Ann", "Bob", "Éva")), each) for each in ids],
        )
        connection.commit()
    async with open_store(f"sqlite:///{database}", lease=timedelta(seconds=30)) as store:
        for start in range(0, len(ids), TOGETHER):
            some = ids[start : start + TOGETHER]
            ends = [JobStatus.SUCCEEDED, JobStatus.SUCCEEDED, JobStatus.FAILED]
            await store.commit(
                [FinishJob(JobId(each), None, None, status=dice.choice(ends)) for each in some]
            )
        await settle_some(store)
        lanes = [each.lane for each in await store.operators.overviews.waiting(limit=60)]
        await store.commit(
            [DeferLane(lane=lane, until=utc_now() + timedelta(hours=9)) for lane in lanes[:20]]
        )


def put_off(database: Path) -> None:
    """Let all that waits wait for a while: attempts at a channel that is down would be measured, too."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(
            "UPDATE lanes SET due_at = due_at + 36000000000 WHERE due_at IS NOT NULL AND token IS NULL"
        )
        connection.commit()


async def settle_some(store: Store) -> None:
    for number, claim in enumerate(await store.claim(600)):
        through = claim.notices[-1].seq
        if number % 3 == 0:
            failure = Failure(through, "Rejected", 404, "ConversationNotFound")
            error = "Rejected (404 ConversationNotFound): The conversation was deleted"
            await store.dead(claim, through, status=404, error=error, failure=failure)
        elif number % 3 == 1:
            failure = Failure(through, "Blocked", 403, "ConversationBlockedByUser")
            error = "Blocked (403 ConversationBlockedByUser): User blocked the bot"
            await store.park(claim, error, failure=failure)
        else:
            failure = Failure(through, "Throttled", 429, "TooManyRequests", timedelta(minutes=2))
            await store.retry(
                claim, timedelta(minutes=20), "Throttled (429 TooManyRequests)", failure=failure
            )


def newest(database: Path) -> int:
    with closing(sqlite3.connect(database)) as connection:
        found = connection.execute("SELECT max(job_id) FROM attempts").fetchone()
        return int(found[0])


async def time_page(client: aiohttp.ClientSession, server: Server, page: str) -> None:
    times = []
    before = server.cpu_seconds()
    for _ in range(ASKED):
        began = time.perf_counter()
        async with client.get(page) as answer:
            size = len(await answer.read())
            assert answer.status == 200, page  # noqa: S101
        times.append(time.perf_counter() - began)
    cpu = (server.cpu_seconds() - before) / ASKED
    print(f"{page:40} {1e3 * statistics.median(times):7.1f} ms {1e3 * cpu:7.1f} ms of CPU {size:8,} bytes")


async def watch_boards(client: aiohttp.ClientSession, server: Server) -> None:
    """Print the share of a core that open boards take."""
    idle = await share(server)
    for boards in (1, BOARDS):
        async with AsyncExitStack() as stack:
            for _ in range(boards):
                answer = await stack.enter_async_context(client.get("/board/live?show=jobs"))
                stack.callback(answer.close)
            await asyncio.sleep(3)
            extra = await share(server) - idle
            print(
                f"{boards} open boards take {100 * extra:.2f} % of a core; the bot alone {100 * idle:.2f} %"
            )


async def share(server: Server) -> float:
    before, began = server.cpu_seconds(), time.perf_counter()
    await asyncio.sleep(WATCHED)
    return (server.cpu_seconds() - before) / (time.perf_counter() - began)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        asyncio.run(main(Path(sys.argv[1] if len(sys.argv) > 1 else temporary)))
