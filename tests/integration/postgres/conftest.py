from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import pytest
from yarl import URL

from state.store.postgres.opening import open_postgres
from state.store.postgres.store import PostgresStore
from tests.contract.asking import C, claim_one, complete, owe, sent
from tests.contract.databases import LEASE
from tests.fakes.lossy_line import LossyLine
from tests.fakes.schemas import new_schema


@pytest.fixture
def url() -> str:
    """The URL of a database with nothing in it."""
    return new_schema()


@pytest.fixture
def opened(url: str) -> Callable[..., AbstractAsyncContextManager[PostgresStore]]:
    """``async with opened() as store``: one replica's store; all are on one database."""
    return lambda **settings: open_postgres(url, **{"lease": LEASE, **settings})


@pytest.fixture
async def store(
    opened: Callable[..., AbstractAsyncContextManager[PostgresStore]],
) -> AsyncIterator[PostgresStore]:
    """A store that goes by the server's clock."""
    async with opened() as store:
        yield store


@pytest.fixture
async def line(url: str) -> AsyncIterator[LossyLine]:
    """A line to the database server."""
    server = URL(url)
    async with LossyLine(server.host or "localhost", server.port or 5432) as line:
        yield line


@pytest.fixture
def far_url(url: str, line: LossyLine) -> str:
    """The URL of the database at the other end of that line."""
    return str(URL(url).with_host("127.0.0.1").with_port(line.port))


@pytest.fixture
async def far_store(far_url: str) -> AsyncIterator[PostgresStore]:
    """A store at the other end of that line; lane C has one job, whose notice was sent."""
    async with open_postgres(far_url, lease=LEASE, connections=1) as store:
        # All statements once, or the answer that gets lost later may be that they were prepared.
        (job_id,) = await owe(store, lane=C)
        await complete(store, job_id)
        await sent(store, await claim_one(store), 1)
        yield store
