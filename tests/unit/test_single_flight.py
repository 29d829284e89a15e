"""However many want the same thing at once, it is fetched once."""

import asyncio

import pytest

from single_flight import SingleFlight


class Fetch:
    """A fetch that ends when it is told to."""

    def __init__(self) -> None:
        self.begun = self.cancelled = 0
        self.may_end = asyncio.Event()

    async def __call__(self) -> None:
        self.begun += 1
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise


async def test_all_that_wait_at_once_share_one_fetch():
    fetch = Fetch()
    flight = SingleFlight(fetch, name="fetch")
    waiting = [asyncio.create_task(flight.wait()) for _ in range(50)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert (fetch.begun, flight.under_way) == (1, True)
    fetch.may_end.set()
    await asyncio.gather(*waiting)
    assert (fetch.begun, flight.under_way) == (1, False)
    await flight.wait()
    assert fetch.begun == 2


async def test_a_caller_that_is_cancelled_takes_the_fetch_from_no_other():
    fetch = Fetch()
    flight = SingleFlight(fetch, name="fetch")
    gives_up, waits = (asyncio.create_task(flight.wait()) for _ in range(2))
    await asyncio.sleep(0)
    gives_up.cancel()
    await asyncio.wait([gives_up])
    fetch.may_end.set()
    await waits
    assert gives_up.cancelled()
    assert (fetch.begun, fetch.cancelled) == (1, 0)


async def test_an_exception_reaches_all_that_wait_and_the_next_fetch_starts_anew():
    async def fail() -> None:
        raise ZeroDivisionError

    flight = SingleFlight(fail, name="fail")
    outcomes = await asyncio.gather(*(flight.wait() for _ in range(3)), return_exceptions=True)
    assert [type(each) for each in outcomes] == [ZeroDivisionError] * 3
    assert not flight.under_way
    with pytest.raises(ZeroDivisionError):
        await flight.wait()


async def test_closing_ends_the_fetch_under_way_and_needs_none():
    fetch = Fetch()
    flight = SingleFlight(fetch, name="fetch")
    await flight.close()
    flight.start()
    await asyncio.sleep(0)
    await flight.close()
    assert (fetch.cancelled, flight.under_way) == (1, False)
