from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.contract.databases import DATABASES, SHARED, Open, Store
from tests.fakes.fake_clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=DATABASES)
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[FakeClock], Open]:
    """Makes a database with nothing in it, whose stores go by a clock."""
    return lambda clock: DATABASES[request.param](tmp_path, clock)


@pytest.fixture
async def store(new_database: Callable[[FakeClock], Open], clock: FakeClock) -> AsyncIterator[Store]:
    async with new_database(clock)() as store:
        yield store


@pytest.fixture(params=sorted(SHARED))
async def two_stores(
    request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock
) -> AsyncIterator[tuple[Store, Store]]:
    """Two stores on one database, as two processes have them."""
    open_store = DATABASES[request.param](tmp_path, clock)
    async with open_store() as one, open_store() as other:
        yield one, other
