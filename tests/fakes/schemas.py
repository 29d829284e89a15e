"""
Databases on a real PostgreSQL server: each a schema of its own, so that tests run side by side.

`TEST_DATABASE_URL` names the server; where there is none, the tests that need it are skipped, but not in CI.
"""

import asyncio
import os
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from uuid import uuid4

import asyncpg
import pytest
from yarl import URL

SERVER = URL(os.environ.get("TEST_DATABASE_URL", "postgresql://postgres@127.0.0.1:5432/test"))

#: Schemas older than two hours: no test run takes so long.
_DROP_OLD = """
DO $$ DECLARE old text; BEGIN
    FOR old IN SELECT nspname FROM pg_namespace WHERE nspname ~ '^test_[0-9]+_'
        AND split_part(nspname, '_', 2)::bigint < extract(epoch FROM now()) - 7200 LIMIT 50
    LOOP EXECUTE format('DROP SCHEMA IF EXISTS %I CASCADE', old);
        EXECUTE format('DROP ROLE IF EXISTS %I', old);
    END LOOP;
END $$
"""

_made: list[str] = []


def new_schema() -> str:
    """Return the URL of a database with nothing in it; skips the test where no server is."""
    missing = _missing()
    if missing and os.environ.get("CI") != "true":
        pytest.skip(f"no PostgreSQL at {SERVER}: {missing}")
    assert not missing, missing
    name = f"test_{int(time.time())}_{uuid4().hex[:16]}"
    run(f"CREATE SCHEMA {name}")
    _made.append(name)
    return str(SERVER.update_query(search_path=name))


def drop_schemas() -> None:
    """Drop all that `new_schema` made."""
    while _made:
        name = _made.pop()
        run(f"DROP SCHEMA {name} CASCADE; DROP ROLE IF EXISTS {name}")


@cache
def _missing() -> str:
    """Say what is wrong with the server, if anything is; drop what runs left behind that were cut off."""
    try:
        run(_DROP_OLD)
    except (OSError, asyncpg.PostgresError) as error:
        return str(error)
    return ""


def run(statement: str) -> None:
    """Run *statement* on a separate event loop, because hypothesis and fixtures are not coroutines."""

    async def run() -> None:
        connection = await asyncpg.connect(str(SERVER), timeout=5)
        await connection.execute(statement)
        await connection.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, run()).result()
