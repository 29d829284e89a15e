"""
A PostgreSQL server's part in a run: job logs in schemas of their own, and the CPU time that it takes.

`BENCHMARK_POSTGRES` names the server; its processes are looked for on this machine (Linux).
"""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import asyncpg
from yarl import URL

from benchmarks.seed import starts
from state.store.opening import open_store

SERVER = URL(os.environ.get("BENCHMARK_POSTGRES", "postgresql://postgres@127.0.0.1:5432/test"))
TICKS = os.sysconf("SC_CLK_TCK")  # a second

# As `starts` makes them, one for each conversation, without the store's help: a million in half a minute.
SEED = """
INSERT INTO jobs (id, lane, tenant, status, requested_by, reference, source_activity, created_at)
SELECT n, lane, lane, 'running', 'User', replace($2, '{conversation}', id), md5('activity' || n), n
FROM (SELECT n, id, 'emulator/' || id AS lane
    FROM (SELECT n, md5(n::text)::uuid || '|livechat' AS id FROM generate_series(1, $1::bigint) AS n) AS ids
) AS seeds;
INSERT INTO totals (tenant, slot, jobs)
SELECT lane, 1, 1 FROM jobs UNION ALL SELECT '', slot, $1::bigint / 16 FROM generate_series(0, 15) AS slot;
"""


def url_of(schema: str) -> str:
    """Return the URL by which the bot finds its tables in *schema*."""
    return str(SERVER.update_query(search_path=schema))


@asynccontextmanager
async def empty_log() -> AsyncIterator[tuple[asyncpg.Connection, str]]:
    """Give a connection to a new schema that has the tables, and its name; it is gone afterwards."""
    schema = f"benchmark_{uuid.uuid4().hex}"
    server = await asyncpg.connect(str(SERVER))
    try:
        await server.execute(f"CREATE SCHEMA {schema}; SET search_path = {schema}")
        async with open_store(url_of(schema), lease=timedelta(seconds=30)):
            pass  # For the tables.
        yield server, schema
    finally:
        await server.execute(f"DROP SCHEMA {schema} CASCADE")
        await server.close()


@asynccontextmanager
async def job_log(jobs: int) -> AsyncIterator[str]:
    """Give the URL of a job log with *jobs* running jobs; it is gone afterwards."""
    async with empty_log() as (server, schema):
        (model,) = starts(1)
        for statement in SEED.strip().removesuffix(";").split(";"):
            for place, value in (("$2", model.reference), ("$1", str(jobs))):
                statement = statement.replace(place, f"'{value}'" if place != "$1" else value)
            await server.execute(statement)
        for table in ("jobs", "totals"):
            await server.execute(f"VACUUM (ANALYZE) {table}")
        await server.execute("CHECKPOINT")
        yield url_of(schema)


def cpu_seconds() -> float:
    """Return the CPU time of all of the server's processes so far, those that ended included."""
    ticks = 0
    for directory in Path("/proc").iterdir():
        if not directory.name.isdecimal():
            continue
        try:
            name, _, fields = (directory / "stat").read_text().partition(") ")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if name.endswith("(postgres"):
            # utime, stime, and those of children that were waited for.
            ticks += sum(map(int, fields.split()[11:15]))
    return ticks / TICKS
