"""The store is asked once for any number of scrapes, and a store that fails leaves the rest of a scrape."""

import asyncio
from datetime import timedelta

import pytest

from observe.metrics.store_gauges import StoreGauges
from state.errors import StoreUnavailable
from state.store.levels import Levels
from tests.fakes.seconds import Seconds

NOTHING = Levels({}, {}, {}, 0, {})


class Store:
    def __init__(self) -> None:
        self.reads = 0
        self.levels = NOTHING
        self.error: Exception | None = None
        self.answers = asyncio.Event()
        self.answers.set()

        self.full: Exception | None = None

    async def read(self) -> Levels:
        self.reads += 1
        await self.answers.wait()
        if self.error:
            raise self.error
        return self.levels

    async def check(self) -> None:
        if self.full:
            raise self.full


@pytest.fixture
def store() -> Store:
    return Store()


def shown(gauges: StoreGauges) -> dict[str, float]:
    return {
        " ".join([sample.name.removeprefix("proactive_bot_"), *sample.labels.values()]): sample.value
        for family in gauges.collect()
        for sample in family.samples
    }


async def test_scrapes_at_the_same_time_share_one_read(store):
    gauges = StoreGauges(store.read, store.check)
    store.answers.clear()
    scrapes = [asyncio.create_task(gauges.refresh()) for _ in range(20)]
    await asyncio.sleep(0)
    store.answers.set()
    await asyncio.gather(*scrapes)
    assert store.reads == 1


async def test_figures_are_used_for_five_seconds(store):
    seconds = Seconds()
    gauges = StoreGauges(store.read, store.check, monotonic=seconds)
    for seconds.now in (100.0, 104.9, 105.0):
        await gauges.refresh()
    assert store.reads == 2


async def test_a_store_that_fails_is_said_to_be_down_and_nothing_old_is_shown(store):
    seconds = Seconds()
    gauges = StoreGauges(store.read, store.check, monotonic=seconds)
    await gauges.refresh()
    assert shown(gauges)["store_up"] == 1
    store.error, seconds.now = StoreUnavailable("down"), 10.0
    await gauges.refresh()
    assert shown(gauges) == {"store_up": 0}
    store.error, seconds.now = None, 20.0
    await gauges.refresh()
    assert shown(gauges)["store_up"] == 1


async def test_a_store_that_takes_no_writes_is_down_and_still_tells_what_waits(store):
    store.full = StoreUnavailable("the disk is full")
    store.levels = NOTHING._replace(parked=3)
    gauges = StoreGauges(store.read, store.check)
    await gauges.refresh()
    told = shown(gauges)
    assert (told["store_up"], told["parked_conversations"]) == (0, 3)


async def test_what_waits_is_shown_by_destination_and_state(store):
    store.levels = Levels(
        notices={("conversation", "due"): 3, ("webhook", "held"): 1},
        lanes_due={"conversation": 2},
        oldest={"conversation": timedelta(minutes=5)},
        parked=7,
        dead_letters={"webhook": 4},
    )
    gauges = StoreGauges(store.read, store.check)
    await gauges.refresh()
    told = shown(gauges)
    oldest = told.pop("oldest_waiting_notice_timestamp_seconds conversation")
    assert {name: value for name, value in told.items() if value} == {
        "store_up": 1,
        "notices conversation due": 3,
        "notices webhook held": 1,
        "lanes_due conversation": 2,
        "parked_conversations": 7,
        "dead_letters webhook": 4,
    }
    again = shown(gauges)["oldest_waiting_notice_timestamp_seconds conversation"]
    assert 0 <= again - oldest < 60  # Its age is what the store said.
    assert "dead_letters conversation" in told, "a figure is there while it is zero"
