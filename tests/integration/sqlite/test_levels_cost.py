"""Reading how much waits costs the same however much waits: one thread answers all readers."""

import sqlite3
from contextlib import closing
from datetime import timedelta

from state.store.levels import statement
from state.store.sqlite.opening import open_sqlite
from tests.contract.asking import owe, start_job
from tests.contract.databases import LEASE, Store


def steps(path: str) -> int:
    """Return how many steps SQLite's machine takes, which unlike time are the same each time."""
    count = 0

    def step() -> int:
        nonlocal count
        count += 1
        return 0

    with closing(sqlite3.connect(path)) as connection:
        connection.set_progress_handler(step, 1)
        connection.execute(statement(":now", counted=50), {"now": 2**60}).fetchall()
    return count


async def fill(store: Store, round_: int) -> None:
    """Add jobs that run, lanes that are due, long ones, parked ones, and dead letters."""
    await store.commit([start_job() for _ in range(200)])
    for number in range(100):
        await owe(store, 3, f"test/{round_}-{number}")
    for claim in await store.claim(60):
        await store.dead(claim, claim.notices[-1].seq, status=404, error="gone")
    for claim in await store.claim(60):
        await store.park(claim, "403")
    await owe(store, 300, f"test/{round_}-long")


async def test_it_costs_the_same_however_much_waits(tmp_path, clock):
    path = str(tmp_path / "jobs")
    async with open_sqlite(path, lease=LEASE, clock=clock) as store:
        costs = []
        for round_ in range(4):
            await fill(store, round_)
            clock.now += timedelta(hours=5)
            costs.append(steps(path))
    assert max(costs) < 1.3 * costs[0]  # Without bounds it would be four times as much.
