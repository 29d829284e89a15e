"""The server, or what is in between, goes silent without closing a connection."""

import asyncio

import pytest

from state.errors import StoreUnavailable
from state.store.postgres.database import CLOSE_TIMEOUT, COMMAND_TIMEOUT, CONNECT_TIMEOUT
from state.store.postgres.opening import open_postgres
from tests.contract.asking import claim_one, owe, start
from tests.contract.databases import LEASE

#: Seconds for one call: a statement, or a new connection, and some for a busy machine.
DEADLINE = COMMAND_TIMEOUT + CONNECT_TIMEOUT + 5

pytestmark = pytest.mark.slow


async def test_every_call_ends_although_the_server_is_silent(far_store, line):
    """To cancel a statement, the driver waits without limit for a server that may be gone."""
    await owe(far_store)
    claim = await claim_one(far_store)
    line.freeze()
    calls = (
        far_store.claim(10),
        far_store.renew([claim]),
        start(far_store),
        far_store.check(),
    )
    async with asyncio.timeout(DEADLINE):
        results = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(result) for result in results] == [StoreUnavailable] * len(calls)


async def test_closing_ends_although_the_server_is_silent(line, far_url):
    async with asyncio.timeout(3 * CLOSE_TIMEOUT), open_postgres(far_url, lease=LEASE) as store:
        await start(store)
        line.freeze()
