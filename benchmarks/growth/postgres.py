"""A job log as life leaves it, in PostgreSQL; its size, and the write-ahead log of turns."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

from benchmarks.growth.life import Life, LivedJob, Totals
from benchmarks.growth.writes import Writes
from benchmarks.postgres import empty_log, url_of

SIZE = """
SELECT sum(pg_total_relation_size(c.oid))::bigint FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = relnamespace WHERE nspname = $1 AND relkind = 'r'
"""
# A record names its blocks as `rel <tablespace>/<database>/<file>`. Those without are commits, mostly.
RECORDS = """
SELECT count(*) FILTER (WHERE record_type = 'COMMIT'),
    coalesce(sum(record_length) FILTER (WHERE ours), 0)::bigint,
    count(*) FILTER (WHERE ours AND fpi_length > 0)
FROM (
    SELECT *, substring(block_ref FROM 'rel \\d+/\\d+/(\\d+)')::oid IN (
        SELECT pg_relation_filenode(c.oid) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace
        WHERE nspname = $1
    ) AS ours
    FROM pg_get_wal_records_info($2, $3)
) AS records
"""


@dataclass(frozen=True, slots=True)
class PostgresLog:
    server: asyncpg.Connection
    schema: str

    @property
    def url(self) -> str:
        return url_of(self.schema)

    async def size(self) -> int:
        """Return the bytes of all tables and indexes."""
        return int(await self.server.fetchval(SIZE, self.schema))

    @asynccontextmanager
    async def counting(self, writes: Writes) -> AsyncIterator[None]:
        """
        Add to *writes* the records of the log's own tables, from a checkpoint on.

        After a checkpoint the first change of a page writes an image of the whole page. So this is the most
        expensive moment, and the same one for each log. The server's other work does not count.
        """
        await self.server.execute("CHECKPOINT")
        begun = await self.server.fetchval("SELECT pg_current_wal_flush_lsn()")
        yield
        ended = await self.server.fetchval("SELECT pg_current_wal_flush_lsn()")
        if begun == ended:
            return  # The view of the records refuses an empty range.
        undone = self.server.transaction()
        await undone.start()
        try:
            await self.server.execute("CREATE EXTENSION IF NOT EXISTS pg_walinspect")
            commits, written, pages = await self.server.fetchrow(RECORDS, self.schema, begun, ended)
        finally:
            await undone.rollback()
        writes.commits += commits
        writes.bytes += written
        writes.pages += pages


@asynccontextmanager
async def lived_log(life: Life) -> AsyncIterator[PostgresLog]:
    """Give a new schema with the log of *life*; it is gone afterwards."""
    async with empty_log() as (server, schema):
        await fill(server, life)
        yield PostgresLog(server, schema)


async def fill(server: asyncpg.Connection, life: Life) -> None:
    """Write the rows of *life* while the indexes exist, for the reason that `sqlite.fill` has."""
    totals = Totals()
    await server.copy_records_to_table("jobs", records=totals.counting(life.rows()), columns=LivedJob._fields)
    await server.copy_records_to_table("totals", records=totals.rows(), columns=("tenant", "slot", "jobs"))
    for table in ("jobs", "totals"):
        await server.execute(f"VACUUM (ANALYZE) {table}")
    await server.execute("CHECKPOINT")
