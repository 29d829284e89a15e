"""What an operator is told when the database cannot be used: one line, and never a password."""

from datetime import timedelta

import asyncpg
import pytest
from yarl import URL

from state.errors import StoreUnusable
from state.store.opening import open_store
from state.store.postgres.opening import open_postgres
from tests.contract.databases import LEASE

CASES = {
    "no such database": (lambda url: url.with_path("/nowhere"), 'database "nowhere" does not exist'),
    "no such user": (lambda url: url.with_user("nobody"), 'role "nobody" does not exist'),
    "nobody listens": (lambda url: url.with_port(1), "Connect call failed"),
    "no such schema": (lambda url: url.with_query(search_path="nowhere"), "no schema"),
    "no such setting": (lambda url: url.with_query(colour="green"), 'parameter "colour"'),
    "no such cache": (lambda url: url.with_query(prepared_statement_cache_size=5), "can be 0"),
    "no such way of encryption": (lambda url: url.with_query(sslmode="perhaps"), "sslmode"),
}


@pytest.mark.parametrize("case", CASES)
async def test_a_database_that_cannot_be_used_is_one_line(url, case):
    change, reason = CASES[case]
    dsn = str(change(URL(url).with_password("hunter2")))
    with pytest.raises(StoreUnusable) as raised:
        async with open_postgres(dsn, lease=LEASE, patience=timedelta()):
            pass
    assert reason in str(raised.value)
    assert "\n" not in str(raised.value)
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg"])
async def test_every_usual_way_to_write_the_url_is_understood(url, scheme):
    async with open_store(f"{scheme}://{url.partition('://')[2]}", lease=LEASE) as store:
        await store.check()


async def test_a_database_of_a_newer_bot_is_left_alone(url, store):
    server = await asyncpg.connect(url)
    await server.execute("UPDATE alembic_version SET version_num = '9999_from_the_future'")
    await server.close()
    with pytest.raises(StoreUnusable, match="a newer version of the bot wrote"):
        async with open_postgres(url, lease=LEASE):
            pass
