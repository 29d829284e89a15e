"""Large databases, filled by SQL on the server."""

import asyncpg

_SEED = """
INSERT INTO jobs
    (id, lane, tenant, status, title, reference, source_activity, created_at, completed_at, notice_seq)
SELECT n, 'test/' || n, 'test/' || n, CASE WHEN n % 2 = 0 THEN 'completed' ELSE 'running' END, 'title',
    '{"conversation": {"id": "' || n || '"}}', 'activity-' || n, n, n, 1
FROM generate_series(1, $1) AS n;
INSERT INTO totals (tenant, slot, jobs) SELECT 'test/' || n, 1, 1 FROM generate_series(1, $1) AS n;
INSERT INTO totals (tenant, slot, jobs) SELECT '', slot, $1 / 16 FROM generate_series(0, 15) AS slot;
INSERT INTO lanes (lane, head, tail, service_url, due_at, token)
SELECT 'test/' || n, 0, 1, 'text', CASE WHEN n % 4 = 0 THEN n END, CASE WHEN n % 4 = 0 THEN 'text' END
FROM generate_series(1, $1) AS n;
INSERT INTO notices (lane, seq, job_id, created_at)
SELECT 'test/' || n, 1, n, n FROM generate_series(1, $1) AS n;
INSERT INTO members (lane, member) SELECT 'test/' || n, 'member' FROM generate_series(1, $1) AS n;
INSERT INTO bookmarks (lane, before, shown_before)
SELECT 'test/' || n, n, n FROM generate_series(1, $1) AS n;
ANALYZE jobs, totals, lanes, notices, members, bookmarks
"""


async def seed(server: asyncpg.Connection, rows: int) -> None:
    """Put *rows* rows into each table, every one in a conversation of its own."""
    for statement in _SEED.split(";"):
        await server.execute(statement.replace("$1", str(rows)))
