from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.contract.databases import DATABASES, SHARED, SLOW, Open, Store
from tests.fakes.fake_clock import FakeClock


def each_of(names: Iterable[str]) -> list[Any]:
    return [pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else []) for name in names]


@pytest.fixture(params=each_of(DATABASES))
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[FakeClock], Open]:
    """Makes an empty database whose stores use a given clock."""
    return lambda clock: DATABASES[request.param](tmp_path, clock)


@pytest.fixture
async def store(new_database: Callable[[FakeClock], Open], clock: FakeClock) -> AsyncIterator[Store]:
    async with new_database(clock)() as store:
        yield store


@pytest.fixture(params=each_of(sorted(SHARED)))
async def two_stores(
    request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock
) -> AsyncIterator[tuple[Store, Store]]:
    """Two stores on one database, as two processes have them."""
    open_store = DATABASES[request.param](tmp_path, clock)
    async with open_store() as one, open_store() as other:
        yield one, other
