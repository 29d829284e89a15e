"""The cost of a query does not depend on the number of jobs, since one thread runs all queries."""

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from jobs.job import COUNTED_JOBS
from jobs.listing import PageAsked, View
from state.store.sqlite.opening import open_sqlite
from state.store.sqlite.reading import page_of_jobs
from tests.contract.asking import A, B, start_job

LEASE = timedelta(seconds=30)


def steps_of_a_page(path: str, tenant: str | None, view: View | None) -> int:
    """Return how many steps SQLite's machine takes, which unlike time are the same each time."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    with closing(sqlite3.connect(path)) as connection:
        connection.set_progress_handler(count, 1)
        page_of_jobs(connection.cursor(), PageAsked(lane=A, size=20, view=view, tenant=tenant))
    return steps


@pytest.mark.parametrize("view", [*View, None])
@pytest.mark.parametrize("tenant", [A, "tenant", None])
async def test_a_page_of_a_long_log_costs_what_a_page_of_a_shorter_one_does(tmp_path, tenant, view):
    """300,000 jobs of one conversation took half a second to count and to sort."""
    path = str(tmp_path / "jobs")
    costs = []
    async with open_sqlite(path, lease=LEASE) as store:
        for _ in range(2):
            jobs = [start_job(tenant=tenant or A, source_activity=None) for _ in range(2 * COUNTED_JOBS)]
            await store.commit([*jobs, *(start_job(B) for _ in range(COUNTED_JOBS))])
            costs.append(steps_of_a_page(path, tenant, view))
    assert costs[1] <= costs[0] + 10
    assert costs[1] < 20 * COUNTED_JOBS
