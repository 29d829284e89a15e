"""Behind a pooler that assigns a connection per transaction."""

import asyncio
from contextlib import AsyncExitStack

import asyncpg
import pytest

from state.errors import StoreUnusable
from state.store.postgres.address import address_of
from state.store.postgres.database import SERVER_SETTINGS
from state.store.postgres.opening import open_postgres
from tests.contract.asking import complete, start
from tests.contract.databases import LEASE
from tests.fakes.pooler import new_pooled_schema


async def test_replicas_with_more_connections_than_the_pooler_has_share_what_it_has():
    """Each statement may come to another session than the one before on the same connection."""
    url = new_pooled_schema()
    async with open_postgres(url, lease=LEASE) as one, open_postgres(url, lease=LEASE) as other:
        stores = [one, other] * 8
        for _ in range(5):
            jobs = await asyncio.gather(*(start(store) for store in stores))
            await asyncio.gather(*(complete(other, job.id) for job in jobs))
            found = await asyncio.gather(*(one.find(job.id) for job in jobs))
            assert all(report is not None and report.notice is not None for report in found)
            claimed = await asyncio.gather(*(store.claim(1) for store in stores))
            (claim,) = [claim for claims in claimed for claim in claims]
            await asyncio.gather(*(store.check() for store in stores))
            assert len(claim.notices) == len(stores)
            assert await other.sent(claim, claim.notices[-1].seq) is None


async def test_nothing_is_left_in_the_poolers_sessions():
    """A prepared statement's name could collide with the same name in another process."""
    url = new_pooled_schema()
    async with AsyncExitStack() as closing:
        store = await closing.enter_async_context(open_postgres(url, lease=LEASE))
        await asyncio.gather(*(start(store) for _ in range(10)), *(store.claim(1) for _ in range(10)))
        for _ in range(3):  # All that the pooler has: each is taken by a transaction.
            client = await asyncpg.connect(address_of(url).dsn, statement_cache_size=0)
            closing.push_async_callback(client.close)
            await closing.enter_async_context(client.transaction())
            assert (
                await client.fetch("SELECT name, statement FROM pg_prepared_statements WHERE name <> ''")
                == []
            )


@pytest.mark.parametrize("missing", SERVER_SETTINGS)
async def test_a_setting_that_only_the_role_can_have_and_has_not_is_one_line(missing):
    """Otherwise a frozen replica would block the others for ever, without an earlier warning."""
    present = {name: value for name, value in SERVER_SETTINGS.items() if name != missing}
    with pytest.raises(StoreUnusable) as raised:
        async with open_postgres(new_pooled_schema(settings=present), lease=LEASE):
            pass
    assert f"run there: ALTER ROLE CURRENT_USER SET {missing} = {SERVER_SETTINGS[missing]};" in str(
        raised.value
    )
    assert "\n" not in str(raised.value)


async def test_a_pooler_that_nobody_mentioned_is_one_line():
    """It would take the settings of our session for its own, and refuses."""
    with pytest.raises(StoreUnusable, match="unsupported startup parameter"):
        async with open_postgres(new_pooled_schema().partition("?")[0], lease=LEASE):
            pass


@pytest.mark.parametrize(
    "url, dsn",
    [
        ("postgresql:///jobs?prepared_statement_cache_size=0", "postgresql:///jobs"),
        (
            "postgresql://h/jobs?sslmode=require&prepared_statement_cache_size=0&a=b",
            "postgresql://h/jobs?sslmode=require&a=b",
        ),
    ],
)
def test_what_the_url_says_of_a_pooler_is_not_the_drivers(url, dsn):
    assert address_of(url).pooled
    assert address_of(url).dsn == dsn
    assert not address_of(dsn).pooled
    assert address_of(dsn).dsn == dsn
