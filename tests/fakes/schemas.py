"""
Databases on a real PostgreSQL server: each a schema of its own, so that tests run side by side.

`TEST_DATABASE_URL` names the server; where there is none, the tests that need it are skipped, but not in CI.
"""

import asyncio
import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import cache
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import Engine, event
from yarl import URL

from state.store.postgres.opening import open_postgres

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

_CHANGING = ("CREATE", "ALTER", "INSERT", "UPDATE", "DROP")

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


def new_migrated_schema() -> str:
    """Like `new_schema`, but with the tables in it: migrating takes longer than most tests."""
    url = new_schema()
    run(f"SET search_path TO {_made[-1]}; {_tables()}")
    # The server does not crash here, so commits need not wait for its disk.
    return str(URL(url).update_query(synchronous_commit="off"))


@cache
def _tables() -> str:
    """Return the statements that the migrations run, as a schema is migrated for real."""
    url, statements = new_schema(), list[str]()

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        if statement.lstrip().startswith(_CHANGING):
            assert not parameters, statement
            statements.append(statement)

    async def migrate() -> None:
        async with open_postgres(url, lease=timedelta(seconds=30)):
            pass

    event.listen(Engine, "before_cursor_execute", note)
    try:
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, migrate()).result()
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return ";\n".join(statements)


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
        settings = {"synchronous_commit": "off"}
        connection = await asyncpg.connect(str(SERVER), timeout=5, server_settings=settings)
        await connection.execute(statement)
        await connection.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, run()).result()
